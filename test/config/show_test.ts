import assert from "node:assert/strict";
import { loadWorkspace } from "../../src/config/load.ts";
import { mergedData, mergedYaml, originsOf } from "../../src/config/show.ts";
import { LOADING, textFiles } from "./files.ts";

const env = (name: string) => ({ TOKEN: "s3cret", NS: "data" })[name];
const { tree, diagnostics } = await loadWorkspace({
  ...LOADING,
  env,
  reader: textFiles({
    "forwards.yaml": [
      "version: 1",
      "clusters: { dev: { context: 'team-${TOKEN}' } }",
      "forwards:",
      "  '${item}-db': { for: [a, b], service: '${NS}/${item}', port: 80, bind: [127.0.0.1] }",
      "",
    ].join("\n"),
    "forwards.local.yaml": "forwards:\n  a-db: { local: 3000 }\n  b-db:\n",
  }),
});

Deno.test("mergedYaml: all files as one, with what each value comes from, and without what variables hold", () => {
  assert.deepEqual(diagnostics, []);
  assert.ok(tree !== null);
  const origin = ({ file, line }: { file: string; line: number }) => `${file.slice("/team/app/".length)}:${line}`;
  assert.equal(
    mergedYaml(tree, { values: false, origin }),
    [
      "version: 1 # forwards.yaml:1",
      "clusters:",
      "  dev:",
      "    context: team-${TOKEN} # forwards.yaml:2 ${TOKEN}",
      "forwards:",
      "  a-db:",
      "    service: ${NS}/a # forwards.yaml:4 ${NS}",
      "    port: 80 # forwards.yaml:4",
      "    bind:",
      "      - 127.0.0.1 # forwards.yaml:4",
      "    local: 3000 # forwards.local.yaml:2",
      "",
    ].join("\n"),
  );
  assert.ok(!mergedYaml(tree, { values: false }).includes("forwards.yaml"));
  assert.ok(mergedYaml(tree, { values: true }).includes("team-s3cret # ${TOKEN}"));
});

Deno.test("mergedData and originsOf", () => {
  assert.ok(tree !== null);
  const data = mergedData(tree, { values: true, forward: () => false });
  assert.deepEqual(data, { version: 1, clusters: { dev: { context: "team-s3cret" } }, forwards: {} });
  assert.deepEqual(
    originsOf(tree, { values: false }).filter(({ variables }) => variables.length > 0).map((
      { path, where, variables },
    ) => [
      path.join("."),
      where.line,
      variables,
    ]),
    [["clusters.dev.context", 2, ["TOKEN"]], ["forwards.a-db.service", 4, ["NS"]]],
  );
});
