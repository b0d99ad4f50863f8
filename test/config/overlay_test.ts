import assert from "node:assert/strict";
import { type LoadResult, loadWorkspace } from "../../src/config/load.ts";
import { localFileOf } from "../../src/config/paths.ts";
import { LOADING, textFiles } from "./files.ts";

const TEAM = [
  "version: 1",
  "defaults: { hold: 1s, bind: [127.0.0.1, 127.0.0.2] }",
  "clusters:",
  "  dev: { kubeconfig: dev.config, context: dev }",
  "  other: { context: other }",
  "forwards:",
  "  web: { cluster: dev, service: default/web, port: 80, local: 3000, health: { every: 10s, timeout: 1s } }",
  "  api: { cluster: dev, service: default/api, port: 80, local: 3001 }",
  "",
].join("\n");

async function load(local: string, team = TEAM): Promise<LoadResult> {
  return await loadWorkspace({
    ...LOADING,
    reader: textFiles({ "forwards.yaml": team, "forwards.local.yaml": local }),
  });
}

async function good(local: string, team = TEAM): Promise<NonNullable<LoadResult["workspace"]>> {
  const { workspace, diagnostics } = await load(local, team);
  assert.deepEqual(diagnostics, []);
  assert.ok(workspace !== null);
  return workspace;
}

Deno.test("overlay: mappings are merged, all else is replaced, and new keys come last", async () => {
  const { forwards, defaults } = await good([
    "defaults: { bind: 127.0.0.9 }",
    "forwards:",
    "  mine: { cluster: other, pod: a/b, port: 5 }",
    "  web: { local: 4000, health: { timeout: 3s } }",
    "",
  ].join("\n"));
  assert.deepEqual(forwards.map(({ name }) => name), ["web", "api", "mine"]);
  const [web, api] = forwards;
  assert.deepEqual(web?.local, { kind: "fixed", port: 4000 });
  assert.deepEqual([web?.health.every, web?.health.timeout], [10_000, 3_000]);
  assert.deepEqual([api?.local, api?.hold, api?.bind], [{ kind: "fixed", port: 3001 }, 1_000, ["127.0.0.9"]]);
  assert.deepEqual(defaults?.bind, ["127.0.0.9"]);
});

Deno.test("overlay: places are those of the file that says it", async () => {
  const { forwards } = await good("forwards:\n  web: { local: 4000 }\n  mine: { cluster: dev, pod: a/b, port: 5 }\n");
  const place = (at: { readonly file: string; readonly line: number } | undefined) => [at?.file, at?.line];
  assert.deepEqual(place(forwards[0]?.where), ["/team/app/forwards.yaml", 7]);
  assert.deepEqual(place(forwards[0]?.localWhere), ["/team/app/forwards.local.yaml", 2]);
  assert.deepEqual(place(forwards[2]?.where), ["/team/app/forwards.local.yaml", 3]);
});

Deno.test("overlay: a key without a value takes out; a section without one says nothing", async () => {
  const { forwards, clusters } = await good("clusters:\nforwards:\n  api:\n  web: { service: ~, pod: a/b }\n");
  assert.deepEqual(forwards.map(({ name, target }) => [name, target.kind]), [["web", "pod"]]);
  assert.equal(clusters.size, 2);
});

Deno.test("overlay: what is not there cannot be taken out, which is a warning", async () => {
  const { workspace, diagnostics } = await load("forwards:\n  apj:\n");
  assert.equal(workspace?.forwards.length, 2);
  assert.deepEqual(
    diagnostics.map(({ code, severity, where }) => [code, severity, where?.file, where?.line, where?.column]),
    [["PF0060", "warning", "/team/app/forwards.local.yaml", 2, 3]],
  );
});

Deno.test("overlay: nothing, comments and another version", async () => {
  for (const text of ["", "# none yet\n", "version: 1\n"]) assert.equal((await good(text)).forwards.length, 2);
  const { diagnostics } = await load("version: 2\n");
  assert.deepEqual(diagnostics.map(({ code, where }) => [code, where?.file]), [
    ["PF0018", "/team/app/forwards.local.yaml"],
  ]);
});

Deno.test("overlay: an alias of the root file is not changed where it is used again", async () => {
  const team = [
    "version: 1",
    "clusters: { dev: { context: dev } }",
    "forwards:",
    "  a: &a { service: default/a, port: 80, health: { every: 9s } }",
    "  b: *a",
    "",
  ].join("\n");
  const { forwards } = await good("forwards: { a: { health: { every: 5s } } }\n", team);
  assert.deepEqual(forwards.map(({ health }) => health.every), [5_000, 9_000]);
});

Deno.test("overlay: broken, or not to be read, it is an error of its own", async () => {
  const { workspace, diagnostics, sources } = await load("forwards: [\n");
  assert.equal(workspace, null);
  assert.deepEqual(diagnostics.map(({ code, where }) => [code, where?.file]), [
    ["PF0006", "/team/app/forwards.local.yaml"],
  ]);
  assert.equal(sources.get("/team/app/forwards.local.yaml"), "forwards: [\n");
  const reader = textFiles({ "forwards.yaml": TEAM });
  const folder = await loadWorkspace({
    ...LOADING,
    reader: {
      read: (path, options) =>
        path.endsWith(".local.yaml") ? Promise.resolve({ kind: "folder" }) : reader.read(path, options),
    },
  });
  assert.deepEqual([folder.workspace, folder.diagnostics.map(({ code }) => code)], [null, ["PF0003"]]);
});

Deno.test("overlay: a relative path begins at the file that it is written in, also of one that is only named", async () => {
  const { workspace } = await loadWorkspace({
    ...LOADING,
    file: "sub/x.yaml",
    reader: textFiles({
      "sub/x.yaml": "version: 1\nclusters: { a: { kubeconfig: k } }\n",
      "sub/x.local.yaml": "clusters: { b: { kubeconfig: ../k } }\n",
    }),
  });
  const paths = [...workspace?.clusters.values() ?? []].map(({ access }) =>
    access.kind === "kubeconfig" ? access.kubeconfig : null
  );
  assert.deepEqual(paths, ["/team/app/sub/k", "/team/app/k"]);
});

Deno.test("localFileOf", () => {
  for (
    const [file, local] of [
      ["/a/forwards.yaml", "/a/forwards.local.yaml"],
      ["x.yml", "x.local.yml"],
      ["/a.yaml/x", "/a.yaml/x.local.yaml"],
    ] as const
  ) assert.equal(localFileOf(file), local);
});

Deno.test("enabled: false is checked, but neither run nor in anyone's way", async () => {
  const text = (more: string) =>
    `version: 1\nclusters: { dev: { context: dev } }\nforwards:\n  a: { service: x/a, port: 80, local: 3000${more} }\n` +
    "  b: { service: x/b, port: 80, local: 3000 }\n";
  const { forwards } = await good("", text(", enabled: false"));
  assert.deepEqual(forwards.map(({ name }) => name), ["b"]);
  assert.deepEqual((await load("", text(", enabled: true"))).diagnostics.map(({ code }) => code), ["PF0043"]);
  assert.deepEqual((await load("", text(", enabled: false, hold: no"))).diagnostics.map(({ code }) => code), [
    "PF0023",
  ]);
});
