import assert from "node:assert/strict";
import { loadWorkspace } from "../../src/config/load.ts";
import { type FileReader, MAX_FILE_BYTES, type ReadResult } from "../../src/config/read_files.ts";

const GOOD = "version: 1\nclusters: { a: { kubeconfig: k } }\n";
const bytes = (text: string): ReadResult => ({ kind: "bytes", bytes: new TextEncoder().encode(text) });

/** A file system that is a record, and the paths that were read. */
function files(content: Readonly<Record<string, ReadResult>>): FileReader & { readonly paths: string[] } {
  const paths: string[] = [];
  return {
    paths,
    read(path) {
      paths.push(path);
      return Promise.resolve(content[path] ?? { kind: "missing" });
    },
  };
}

const options = { cwd: "/team/app", home: "/home/me", signal: new AbortController().signal };

Deno.test("loadWorkspace: upward from the current folder, nearest first", async () => {
  const reader = files({ "/team/forwards.yaml": bytes(GOOD), "/forwards.yaml": bytes("") });
  const loaded = await loadWorkspace({ ...options, reader });
  assert.deepEqual(reader.paths, ["/team/app/forwards.yaml", "/team/forwards.yaml", "/team/forwards.local.yaml"]);
  assert.equal(loaded.file, "/team/forwards.yaml");
  assert.deepEqual([...loaded.sources], [["/team/forwards.yaml", GOOD], ["/team/forwards.local.yaml", null]]);
  assert.deepEqual(loaded.workspace?.clusters.get("a")?.access, { kind: "kubeconfig", kubeconfig: "/team/k" });
});

Deno.test("loadWorkspace: nothing found up to the root", async () => {
  const reader = files({});
  const { workspace, sources, file, diagnostics } = await loadWorkspace({ ...options, reader });
  assert.deepEqual(reader.paths, ["/team/app/forwards.yaml", "/team/forwards.yaml", "/forwards.yaml"]);
  assert.deepEqual([workspace, [...sources], file], [null, [[file, null]], "/team/app/forwards.yaml"]);
  assert.deepEqual(diagnostics.map(({ code, message }) => [code, message]), [
    ["PF0001", "No forwards.yaml in '/team/app' or any folder above it"],
  ]);
});

Deno.test("loadWorkspace: of a path that was given, no folder above is looked at", async () => {
  for (
    const [file, path] of [["x.yaml", "/team/app/x.yaml"], ["../x.yaml", "/team/x.yaml"], [
      "/x.yaml",
      "/x.yaml",
    ]] as const
  ) {
    const reader = files({ [path]: bytes(GOOD) });
    assert.equal((await loadWorkspace({ ...options, reader, file })).file, path);
    assert.deepEqual(reader.paths, [path, path.replace("x.yaml", "x.local.yaml")]);
  }
});

for (
  const [title, result, code] of [
    ["missing", { kind: "missing" }, "PF0001"],
    ["unreadable", { kind: "unreadable", detail: "permission denied" }, "PF0002"],
    ["a folder", { kind: "folder" }, "PF0003"],
    ["not UTF-8", { kind: "bytes", bytes: new Uint8Array([0xff, 0xfe, 0x41, 0]) }, "PF0004"],
    ["too large", { kind: "too-large", size: MAX_FILE_BYTES + 1 }, "PF0005"],
  ] as const
) {
  Deno.test(`loadWorkspace: ${title}`, async () => {
    const loaded = await loadWorkspace({ ...options, reader: files({ "/f.yaml": result }), file: "/f.yaml" });
    assert.equal(loaded.workspace, null);
    assert.deepEqual([...loaded.sources], [["/f.yaml", result.kind === "missing" ? null : undefined]]);
    assert.deepEqual(loaded.diagnostics.map((diagnostic) => diagnostic.code), [code]);
    assert.equal(loaded.diagnostics[0]?.where, null);
  });
}

Deno.test("loadWorkspace: a folder of that name above is not passed over", async () => {
  const reader = files({ "/team/forwards.yaml": { kind: "folder" }, "/forwards.yaml": bytes(GOOD) });
  assert.equal((await loadWorkspace({ ...options, reader })).diagnostics[0]?.code, "PF0003");
});

Deno.test("loadWorkspace: a byte order mark is no part of the text; broken YAML keeps it for rendering", async () => {
  const loaded = await loadWorkspace({
    ...options,
    reader: files({ "/f.yaml": bytes("\ufeffversion: 2\n") }),
    file: "/f.yaml",
  });
  assert.equal(loaded.sources.get("/f.yaml"), "version: 2\n");
  assert.deepEqual(loaded.diagnostics[0]?.where, { file: "/f.yaml", line: 1, column: 10, length: 1 });
});

Deno.test("loadWorkspace: stops when the signal says so", async () => {
  await assert.rejects(
    loadWorkspace({ ...options, reader: files({}), signal: AbortSignal.abort(new Error("stop")) }),
    /stop/,
  );
});
