import assert from "node:assert/strict";

/** Expected texts, a file each under `test/golden/<room>/`. */
export interface Goldens {
  /** Permissions for tests that compare: none, but where the goldens are being written. */
  readonly permissions: "none" | "inherit";
  /** Fails where `actual` differs from the file `name`; with `BERTH_GOLDEN=1` it writes the file instead. */
  check(name: string, actual: string): void;
}

/** Reads all expected texts of a room, so that the tests themselves need no permission. */
export function openGoldens(room: string): Goldens {
  const folder = new URL(`../golden/${room}/`, import.meta.url);
  const updating = asked();
  if (updating) Deno.mkdirSync(folder, { recursive: true });
  const texts = new Map<string, string>();
  for (const { name, isFile } of Deno.readDirSync(folder)) {
    if (isFile) texts.set(name, Deno.readTextFileSync(new URL(name, folder)));
  }
  return {
    permissions: updating ? "inherit" : "none",
    check(name, actual): void {
      if (updating) return Deno.writeTextFileSync(new URL(name, folder), actual);
      assert.equal(
        actual,
        texts.get(name),
        `test/golden/${room}/${name} differs; look at it, then run the tests with BERTH_GOLDEN=1`,
      );
    },
  };
}

/** Whether the goldens are to be written anew. A run that may not read the variable only compares. */
function asked(): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "BERTH_GOLDEN" });
  return state === "granted" && Deno.env.get("BERTH_GOLDEN") === "1";
}
