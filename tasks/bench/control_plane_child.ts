/** One sample of the control plane: times this process' first parse and plan of a generated file, then later ones. */
import { parseWorkspace } from "../../src/config/parse.ts";
import { bindKind, planAll } from "../../src/engine/bound_kind.ts";
import { orderActions, planOf } from "../../src/engine/plan.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { forwardKind } from "../../src/resources/forward/kind.ts";
import type { ForwardWorld } from "../../src/resources/forward/world.ts";
import { type ControlPlaneResult, forwardsFile } from "./control_plane.ts";
import { median } from "./stats.ts";

/** A machine on which nothing runs and every port is free. */
const WORLD: ForwardWorld = {
  view: { list: () => Promise.resolve([]) },
  localPort: (spec) => spec.local.kind === "fixed" ? spec.local.port : null,
  holder: () => Promise.resolve(null),
};
const KINDS = [bindKind(forwardKind)];
const LATER = 5;

function parse(text: string): Workspace {
  const { workspace, diagnostics } = parseWorkspace(text, { file: "/bench/forwards.yaml", home: "/bench" });
  if (workspace === null) throw new Error(`the generated file is bad: ${diagnostics[0]?.message}`);
  return workspace;
}

/** Milliseconds of parsing alone, and of parsing and planning. */
async function sample(text: string, forwards: number): Promise<{ readonly parse: number; readonly plan: number }> {
  const begun = performance.now();
  const workspace = parse(text);
  const parsed = performance.now() - begun;
  const bound = await planAll(KINDS, workspace, WORLD, new AbortController().signal);
  const { summary } = planOf(orderActions(bound));
  const planned = performance.now() - begun;
  if (summary.create !== forwards) throw new Error(`the plan creates ${summary.create} of ${forwards} forwards`);
  return { parse: parsed, plan: planned };
}

const forwards = Number(Deno.args[0]);
const text = forwardsFile(forwards);
const first = await sample(text, forwards);
const later: { readonly parse: number; readonly plan: number }[] = [];
for (let i = 0; i < LATER; i++) later.push(await sample(text, forwards));
const result: ControlPlaneResult = {
  forwards,
  firstParse: first.parse,
  firstPlan: first.plan,
  parse: median(later.map((one) => one.parse)),
  plan: median(later.map((one) => one.plan)),
};
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(result)));
