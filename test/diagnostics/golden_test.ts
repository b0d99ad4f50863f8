/** Every `test/golden/diagnostics/<case>.yaml` and what is said about it. `BERTH_GOLDEN=1` writes the texts anew. */
import assert from "node:assert/strict";
import { parseWorkspace } from "../../src/config/parse.ts";
import { renderDiagnostics } from "../../src/diagnostics/render.ts";

const folder = new URL("../golden/diagnostics/", import.meta.url);
const update = (await Deno.permissions.query({ name: "env", variable: "BERTH_GOLDEN" })).state === "granted" &&
  Deno.env.get("BERTH_GOLDEN") === "1";
const cases = [...Deno.readDirSync(folder)].map((entry) => entry.name).filter((name) => name.endsWith(".yaml")).sort();

for (const name of cases) {
  Deno.test(`diagnostics of ${name}`, async () => {
    const source = await Deno.readTextFile(new URL(name, folder));
    const { workspace, diagnostics } = parseWorkspace(source, { file: name, home: "/home/me" });
    const text = renderDiagnostics(diagnostics, { source: () => source });
    assert.equal(workspace, null);
    const golden = new URL(name.replace(/yaml$/, "txt"), folder);
    if (update) await Deno.writeTextFile(golden, text);
    assert.equal(text, await Deno.readTextFile(golden));
  });
}

Deno.test("the broad set is there", () => assert.ok(cases.length >= 39, String(cases.length)));
