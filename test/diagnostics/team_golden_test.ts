/** Every folder of `test/golden/team`: files of one workspace, and in `diagnostics.txt` what is said. `BERTH_GOLDEN=1` writes it anew. */
import assert from "node:assert/strict";
import { loadWorkspace } from "../../src/config/load.ts";
import { renderDiagnostics } from "../../src/diagnostics/render.ts";
import { LOADING, textFiles } from "../config/files.ts";

const folder = new URL("../golden/team/", import.meta.url);
const update = Deno.env.get("BERTH_GOLDEN") === "1";
/** The variables of all cases. */
const variables: Readonly<Record<string, string>> = {
  CLUSTER: "dav",
  PORT: "70000",
  PORT_NAME: "s3cr3t_port",
  LOCAL_END: "2999",
  EMPTY: "",
  SECRET: "hunter2-hunter2",
};
const env = (name: string) => Object.hasOwn(variables, name) ? variables[name] : undefined;
const cases = [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();

for (const name of cases) {
  Deno.test(`diagnostics of ${name}`, async () => {
    const files: Record<string, string> = {};
    for await (const entry of Deno.readDir(new URL(`${name}/`, folder))) {
      if (entry.name.endsWith(".yaml")) {
        files[entry.name] = await Deno.readTextFile(new URL(`${name}/${entry.name}`, folder));
      }
    }
    const { workspace, diagnostics, sources } = await loadWorkspace({ ...LOADING, env, reader: textFiles(files) });
    const text = renderDiagnostics(diagnostics, {
      source: (file) => sources.get(file) ?? undefined,
      path: (file) => file.replace(`${LOADING.cwd}/`, ""),
    });
    assert.equal(workspace, null);
    for (const secret of ["s3cr3t", "hunter2"]) assert.ok(!text.includes(secret), secret);
    const golden = new URL(`${name}/diagnostics.txt`, folder);
    if (update) await Deno.writeTextFile(golden, text);
    assert.equal(text, await Deno.readTextFile(golden));
  });
}
