import assert from "node:assert/strict";
import { LASTING_ENV, self } from "../../src/wiring/detach.ts";

Deno.test("a process in the background has the permissions of the task up and no others", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  const flags = (words: readonly string[]) => words.filter((word) => word.startsWith("--allow-")).toSorted();
  const env: Readonly<Record<string, string>> = { XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/r" };
  const own = flags(self({ env: (name) => env[name], home: "/h" }));
  const task = flags(String(tasks.up.command).replaceAll('"', "").split(" "));
  const written = (words: readonly string[]) => words.filter((word) => !word.startsWith("--allow-write"));
  assert.deepEqual(written(own), written(task));
  assert.ok(own.includes("--allow-write=/s/berth,/r/berth"));
});

Deno.test("a process in the background has the memory settings of the task up", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("../../deno.json", import.meta.url)));
  for (const [name, value] of Object.entries(LASTING_ENV)) {
    assert.ok(String(tasks.up.command).split(" ").includes(`${name}=${value}`), name);
  }
});
