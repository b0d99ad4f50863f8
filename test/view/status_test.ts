import assert from "node:assert/strict";
import fc from "fast-check";
import type { ForwardState } from "../../src/model/status.ts";
import { statusJson } from "../../src/view/status_json.ts";
import { statusNames, statusProblems, statusTable } from "../../src/view/status_table.ts";
import { displayWidth } from "../../src/view/text.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { forward, NOW, statusOf, TROUBLE } from "./fixtures.ts";
import { openGoldens } from "./golden.ts";

const goldens = openGoldens("view");
const { permissions } = goldens;
const plain = makeTheme({ color: false, ascii: false });

for (const width of [40, 80, 200, null]) {
  Deno.test({ name: `the table at width ${width}`, permissions }, () => {
    const text = statusTable(statusOf(), { format: "table", theme: plain, now: NOW, width });
    goldens.check(`status_${width ?? "piped"}.txt`, text);
  });
}

Deno.test({ name: "the wide table", permissions }, () => {
  goldens.check(
    "status_wide_piped.txt",
    statusTable(statusOf(), { format: "wide", theme: plain, now: NOW, width: null }),
  );
  goldens.check("status_wide_120.txt", statusTable(statusOf(), { format: "wide", theme: plain, now: NOW, width: 120 }));
});

Deno.test({ name: "colours dress the words and change no width", permissions }, () => {
  const options = { format: "table", now: NOW, width: 80 } as const;
  const colored = statusTable(statusOf(), { ...options, theme: makeTheme({ color: true, ascii: false }) });
  const bare = statusTable(statusOf(), { ...options, theme: plain });
  // deno-lint-ignore no-control-regex -- the colours are what is taken away
  assert.equal(colored.replace(/\u001b\[\d+m/g, ""), bare);
  assert.notEqual(colored, bare);
});

Deno.test({ name: "problems of file and clusters", permissions }, () => {
  goldens.check("status_problems.txt", statusProblems(statusOf(TROUBLE), { theme: plain, width: null }));
  goldens.check("status_problems_40.txt", statusProblems(statusOf(TROUBLE), { theme: plain, width: 40 }));
  assert.equal(statusProblems(statusOf(), { theme: plain, width: null }), "");
});

Deno.test({ name: "names alone", permissions }, () => {
  assert.equal(statusNames(statusOf()), "web\napi\nworker\ndb\nnodes\n");
});

Deno.test({ name: "status JSON has the contract's fields and nothing else", permissions }, () => {
  const document = { ...statusOf(TROUBLE), token: "secret" };
  const json = JSON.stringify(statusJson(document), null, 2);
  assert.doesNotMatch(json, /secret/);
  goldens.check("status.json", json + "\n");
});

Deno.test({ name: "no line is wider than the terminal and no problem is lost", permissions }, () => {
  const text = fc.string({ maxLength: 60, unit: "grapheme" });
  const states: readonly ForwardState[] = ["Starting", "Active", "Reconnecting", "Failed", "Stopped"];
  const one = fc.record({
    name: fc.stringMatching(/^[a-z][a-z0-9-]{0,40}$/),
    status: fc.constantFrom(...states),
    target: text,
  });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), fc.integer({ min: 30, max: 250 }), (list, width) => {
      const forwards = list.map((each, index) => forward(each.name, { ...each, message: `why-${index}-it-is so` }));
      const lines = statusTable(statusOf({ forwards }), { format: "table", theme: plain, now: NOW, width }).split("\n");
      for (const line of lines) assert.ok(displayWidth(line) <= width, `${displayWidth(line)} > ${width}: ${line}`);
      const all = lines.map((line) => line.trim()).join(" ").replace(/ +└? ?/g, " ");
      forwards.forEach((each, index) => {
        if (each.status === "Failed" || each.status === "Reconnecting") {
          assert.ok(all.includes(`why-${index}-it-is so`), all);
        }
      });
    }),
    { numRuns: 200 },
  );
});
