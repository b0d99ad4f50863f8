import assert from "node:assert/strict";
import { planJson } from "../../src/model/plan_json.ts";
import { planText } from "../../src/view/plan_text.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { action, FIRST_PLAN, MIXED_PLAN, planOf } from "./fixtures.ts";
import { openGoldens } from "./golden.ts";

const goldens = openGoldens("view");
const { permissions } = goldens;
const plain = makeTheme({ color: false, ascii: false });
const file = "forwards.yaml";

Deno.test({ name: "a first plan shows every forward with its route", permissions }, () => {
  goldens.check("plan_first.txt", planText(FIRST_PLAN, { theme: plain, file }));
});

Deno.test({ name: "a plan explains changes, blocks, costs and waits", permissions }, () => {
  goldens.check("plan_mixed.txt", planText(MIXED_PLAN, { theme: plain, file }));
});

Deno.test({ name: "a plan in ASCII and colour keeps its symbols", permissions }, () => {
  goldens.check(
    "plan_mixed_ascii.txt",
    planText(MIXED_PLAN, { theme: makeTheme({ color: false, ascii: true }), file }),
  );
  goldens.check(
    "plan_mixed_color.txt",
    planText(MIXED_PLAN, { theme: makeTheme({ color: true, ascii: false }), file }),
  );
});

Deno.test({ name: "an empty plan says so in a sentence", permissions }, () => {
  goldens.check("plan_empty.txt", planText(planOf([]), { theme: plain, file }));
});

Deno.test({ name: "text from a cluster cannot steer the terminal", permissions }, () => {
  const nasty = action("blocked", "x", {
    reason: "\u001b[2Jgone\u001b]0;title\u0007\nsecond line",
    detail: { target: "service a/b\u001b[31m", port: "80", note: "a\rb", listen: ["127.0.0.1:1\u001b[H"] },
  });
  const text = planText(planOf([nasty]), { theme: plain, file });
  // deno-lint-ignore no-control-regex -- these characters are what must not be there
  assert.doesNotMatch(text.replaceAll("\n", ""), /[\u0000-\u001f]/);
  assert.match(text, /blocked: gone second line/);
});

Deno.test({ name: "plan JSON has the contract's fields and nothing else", permissions }, () => {
  const withInput = {
    ...MIXED_PLAN,
    actions: MIXED_PLAN.actions.map((one) => ({ ...one, input: { token: "secret" } })),
  };
  const json = JSON.stringify(planJson(withInput), null, 2);
  assert.doesNotMatch(json, /secret/);
  goldens.check("plan_mixed.json", json + "\n");
});
