import assert from "node:assert/strict";
import { type LoadResult, loadWorkspace } from "../../src/config/load.ts";
import { LOADING, textFiles } from "./files.ts";

async function load(files: Readonly<Record<string, string>>): Promise<LoadResult> {
  const env = (name: string) => name === "TEAM" ? "/team/shared" : undefined;
  return await loadWorkspace({ ...LOADING, env, reader: textFiles(files) });
}

const one = (name: string, more = "") =>
  `forwards:\n  ${name}: { cluster: dev, service: x/${name}, port: 80, hold: 1s }\n${more}`;

Deno.test("extends: a file, or several, each below the one that names it; the overlay is above all", async () => {
  const { workspace, diagnostics, sources } = await load({
    "forwards.yaml": `version: 1\nextends: [a.yaml, "\${TEAM}/b.yaml"]\nforwards: { b: { hold: 3s } }\n`,
    "a.yaml": `clusters: { dev: { kubeconfig: a } }\n${one("a")}  b: { port: 1, local: 1000 }\n`,
    "/team/shared/b.yaml": one("b", "extends: ../base.yaml\n"),
    "/team/base.yaml": one("base", "clusters: { dev: { kubeconfig: base, context: base } }\n"),
    "forwards.local.yaml": "extends: mine.yaml\nforwards: { a: { hold: 9s } }\n",
    "mine.yaml": "forwards: { a: { hold: 8s, local: 2000 } }\n",
  });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(
    workspace?.forwards.map(({ name, hold, port, local }) => [name, hold, port, local.kind]),
    [["a", 9_000, 80, "fixed"], ["b", 3_000, 80, "fixed"], ["base", 1_000, 80, "auto"]],
  );
  // The later file of the list is the stronger one, and a path begins at the file that says it.
  assert.deepEqual(workspace?.clusters.get("dev")?.access, {
    kind: "kubeconfig",
    kubeconfig: "/team/base",
    context: "base",
  });
  assert.deepEqual([...sources.keys()], [
    "/team/app/forwards.yaml",
    "/team/app/a.yaml",
    "/team/shared/b.yaml",
    "/team/base.yaml",
    "/team/app/forwards.local.yaml",
    "/team/app/mine.yaml",
  ]);
});

Deno.test("extends: what two files extend is below both, once", async () => {
  const { workspace } = await load({
    "forwards.yaml": "version: 1\nextends: [a.yaml, b.yaml]\n",
    "a.yaml": "extends: base.yaml\nforwards: { base: { hold: 5s } }\n",
    "b.yaml": "extends: ./base.yaml\nforwards: { base: { local: 3000 } }\n",
    "base.yaml": one("base", "clusters: { dev: { context: x } }\n"),
  });
  assert.deepEqual(workspace?.forwards.map(({ hold, local }) => [hold, local]), [
    [5_000, { kind: "fixed", port: 3000 }],
  ]);
});

Deno.test("extends: a missing file is an error, and followed all the same", async () => {
  const { workspace, diagnostics, sources } = await load({ "forwards.yaml": "version: 1\nextends: gone.yaml\n" });
  assert.deepEqual([workspace, diagnostics.map(({ code }) => code)], [null, ["PF0062"]]);
  assert.equal(sources.get("/team/app/gone.yaml"), null);
});

Deno.test("extends: a long row of files is refused", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`f${index}.yaml`, `extends: f${index + 1}.yaml\n`]),
  );
  const { diagnostics } = await load({ ...files, "forwards.yaml": "version: 1\nextends: f0.yaml\n" });
  assert.deepEqual(diagnostics.map(({ code, message }) => [code, message]), [
    ["PF0063", "More than 16 files extend one another"],
  ]);
});
