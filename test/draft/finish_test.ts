import assert from "node:assert/strict";
import fc from "fast-check";
import { parseWorkspace } from "../../src/config/parse.ts";
import type { DraftForward } from "../../src/draft/draft.ts";
import { finishDraft } from "../../src/draft/finish.ts";

// The YAML library reads two variables.
const permissions = { env: ["LOG_TOKENS", "LOG_STREAM"] };
const cluster = { id: "a", name: "a" };

function forward(changes: Partial<DraftForward>): DraftForward {
  const target = { kind: "service", namespace: "shop", name: "web" } as const;
  return { name: "web", cluster: "a", target, port: 80, local: 8080, line: 1, ...changes };
}

Deno.test({ name: "names are made valid and different", permissions }, () => {
  const { text } = finishDraft({
    clusters: [
      { id: "a", name: "arn:aws:eks:eu-west-1:123:cluster/prod", context: "x" },
      { id: "b", name: "prod", context: "y" },
      { id: "c", name: "!!", context: "z" },
    ],
    forwards: [
      forward({}),
      forward({ local: 8081, cluster: "b" }),
      forward({ local: "auto", name: "?", cluster: "c" }),
      forward({ local: 8082, name: "my web" }),
    ],
    notes: [],
  }, { header: ["head"] });
  assert.match(text, /^# head\nversion: 1\n\nclusters:\n {2}prod: /);
  for (const name of ["prod-2", "cluster", "web", "web-8081", "forward", "my-web"]) {
    assert.match(text, new RegExp(`^  ${name}: `, "m"));
  }
});

Deno.test({ name: "a local port goes to the first, by address", permissions }, () => {
  const { text, notes } = finishDraft({
    clusters: [cluster],
    forwards: [
      forward({ name: "one", bind: ["127.0.0.2"] }),
      forward({ name: "two", bind: ["127.0.0.3"] }),
      forward({ name: "three", bind: ["0.0.0.0"], line: 7 }),
    ],
    notes: [],
  }, { header: [] });
  assert.equal(text.match(/local: 8080/g)?.length, 2);
  assert.deepEqual(notes, [{
    kind: "changed",
    line: 7,
    what: "three",
    why: "local port 8080 is used by 'one' already: it gets a port of its own, 'local: auto'",
  }]);
});

const word = fc.oneof(
  fc.string({ maxLength: 80, unit: "grapheme" }),
  fc.constantFrom("web", "shop", "", "a/b", "true", "1", "null", "a: b", "x".repeat(70)),
);
const port = fc.oneof(fc.integer({ min: -1, max: 70_000 }), fc.constantFrom(8080, 80));
const target = fc.oneof(
  fc.record({
    kind: fc.constantFrom("service" as const, "pod" as const, "deployment" as const, "statefulset" as const),
    namespace: word,
    name: word,
  }),
  fc.record({
    kind: fc.constant("selector" as const),
    namespace: word,
    labels: fc.dictionary(word, word, { maxKeys: 3 }),
  }),
  fc.record({ kind: fc.constant("nodePort" as const) }),
);
const anyForward = fc.record({
  name: word,
  cluster: fc.constantFrom("a", "b", "missing"),
  target,
  port: fc.oneof(port, word),
  local: fc.oneof(port, fc.constant("auto" as const)),
  bind: fc.option(fc.array(fc.constantFrom("127.0.0.1", "::1", "0.0.0.0", "nowhere"), { minLength: 1 }), {
    nil: undefined,
  }),
  line: fc.constant(null),
}).map(({ bind, ...rest }): DraftForward => bind === undefined ? rest : { ...rest, bind });

Deno.test({ name: "whatever the draft says, the text is valid and counts right", permissions }, () => {
  fc.assert(fc.property(fc.array(anyForward, { maxLength: 8 }), word, word, (forwards, name, context) => {
    const clusters = [{ id: "a", name, context }, { id: "b", name: "b" }];
    const { text, forwards: count, notes } = finishDraft({ clusters, forwards, notes: [] }, { header: ["x"] });
    const { workspace, diagnostics } = parseWorkspace(text, { file: "forwards.yaml" });
    assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), [], text);
    assert.equal(count + notes.filter(({ kind }) => kind === "left-out").length, forwards.length);
    const places = [...workspace?.clusters.values() ?? []].flatMap(({ alb }) => alb?.listeners ?? []).length;
    assert.equal((workspace?.forwards.length ?? 0) + places, count);
  }));
});
