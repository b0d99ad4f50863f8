import type { PlannedAction } from "../../engine/resource_kind.ts";
import { clusterIdentity, type K3dClusterFacts, type K3dEdit, type K3dFailure, type K3dNote } from "../../model/k3d.ts";
import { bindingName, formatBinding, type K3dProtocol } from "../../model/k3d_ports.ts";
import type { Outcome } from "../../model/plan.ts";
import { failure } from "../cluster/apply.ts";
import { balancerOf, runs } from "../cluster/load_balancer.ts";
import { ownerOf } from "../cluster/observe.ts";
import { type ClusterRef, makeRun, reporting, settled, tellChange, unstoppable } from "../cluster/settle.ts";
import type { K3dWorld } from "../cluster/world.ts";
import type { MappingInput } from "./diff.ts";
import { heldForeign } from "./observe.ts";
import { additions, deletions } from "./edit_flags.ts";
import { isEmptyEdit, planPortEdit, type PortEdit, type PortsNow } from "./port_edit.ts";

interface Context {
  readonly world: K3dWorld;
  readonly signal: AbortSignal;
}

type Edit = Extract<MappingInput, { do: "edit" }>;

/** Carries out all port changes of one cluster: one edit that deletes, then one that adds. The load balancer runs afterwards, whatever happened. */
export async function applyPorts({ input }: PlannedAction<MappingInput>, context: Context): Promise<Outcome> {
  switch (input.do) {
    case "along":
      return { status: "done" };
    case "nothing":
      return input.tool
        ? { status: "failed", reason: input.reason, message: input.message, retry: true }
        : { status: "blocked", reason: input.reason, message: input.message };
    case "edit":
      return await context.world.locks.run(input.desired.k3dName, () => editPorts(input, context));
    default:
      return input satisfies never;
  }
}

async function editPorts(input: Edit, context: Context): Promise<Outcome> {
  const { world, signal } = context;
  const { k3dName, cluster } = input.desired;
  const ref: ClusterRef = { cluster, k3dName };
  const looked = await settled(ref, context);
  if (!looked.ok) return failure(looked.failure);
  if (looked.value === null) return failure({ reason: "not-found", message: `k3d cluster ${k3dName} is gone` });
  const id = clusterIdentity(looked.value);
  const note = await world.ledger.read(id);
  const ours = ownerOf(looked.value, world.workspaceId) === "ours";
  let facts = looked.value;
  if (!runs(facts)) {
    // The action of kind `cluster` that this one waits for has it running; something stopped it since.
    const running = await makeRun(ref, { world, signal, facts, mayRepair: ours || note.changing });
    if (!running.ok) return failure(running.failure);
    facts = running.value;
  }
  // The plan said which k3d this is: without deletions in it, none are made.
  const now: PortsNow = { facts, ours, owned: note.owned, canDelete: true };
  const edit = withinPlan(input, planPortEdit(input.desired, now));
  if (edit === null) {
    const message = `the ports of k3d cluster ${k3dName} changed since the plan was made`;
    return { status: "failed", reason: "changed-since-plan", message, retry: true };
  }
  if (isEmptyEdit(edit)) return { status: "done" };
  const held = (await heldForeign(edit, now, context))[0];
  if (held !== undefined) {
    return failure({
      reason: "port-in-use",
      message: `port ${held.address.port} is in use by ${held.words}: no port was changed`,
    });
  }
  return await new Editor(ref, { context, note, id, before: now }).run(edit);
}

/** What there is to do now, as far as it was planned; null where it needs more than was planned. */
function withinPlan({ add, remove }: Edit, edit: PortEdit): PortEdit | null {
  const [mayAdd, mayRemove] = [new Set(add), new Set(remove)];
  const within: PortEdit = {
    ...edit,
    add: edit.add.filter((one) => mayAdd.has(bindingName(one.binding))),
    remove: edit.remove.filter((one) => mayRemove.has(bindingName(one))),
    // Without a planned removal beside it, a port that is only cut by one needs nothing.
    again: mayRemove.size === 0 ? [] : edit.again,
  };
  return within.again.every((one) => mayRemove.has(bindingName(one.binding)) && mayAdd.has(bindingName(one.binding)))
    ? within
    : null;
}

/** The edits of one cluster, once it is known what they are. */
class Editor {
  readonly #ref: ClusterRef;
  readonly #world: K3dWorld;
  readonly #signal: AbortSignal;
  readonly #note: K3dNote;
  readonly #id: string;
  readonly #before: PortsNow;

  constructor(
    ref: ClusterRef,
    { context, note, id, before }: {
      readonly context: Context;
      readonly note: K3dNote;
      readonly id: string;
      readonly before: PortsNow;
    },
  ) {
    this.#ref = ref;
    this.#world = context.world;
    this.#signal = context.signal;
    this.#note = note;
    this.#id = id;
    this.#before = before;
  }

  async run(edit: PortEdit): Promise<Outcome> {
    const { facts } = this.#before;
    const adding = edit.add.map((one) => formatBinding(one.binding));
    // Before the first step: killed in the middle, the next run must know what is ours.
    await this.#world.ledger.write(this.#id, {
      owned: [...new Set([...this.#note.owned, ...adding])].sort(),
      changing: true,
    });
    const steps: readonly K3dEdit[] = [
      ...(edit.remove.length + edit.again.length > 0 ? [{ remove: deletions(edit, facts) }] : []),
      ...(edit.add.length + edit.again.length > 0 ? [{ add: additions(edit) }] : []),
    ];
    let outcome: Outcome = { status: "done" };
    let now: K3dClusterFacts | null = facts;
    for (const step of steps) {
      if (this.#signal.aborted) {
        outcome = { status: "cancelled" };
        break;
      }
      const failed = await this.#step(step);
      now = failed.facts;
      if (failed.outcome !== null) {
        outcome = failed.outcome;
        break;
      }
    }
    await this.#remember(now, adding);
    tellChange(this.#world, this.#ref, now);
    if (outcome.status !== "done" || now === null) return outcome;
    return this.#missed(edit, now);
  }

  /** One edit. It is never stopped half-way: what that leaves has no load balancer. Its time is limited, and what it left is put right. */
  async #step(step: K3dEdit): Promise<{ readonly outcome: Outcome | null; readonly facts: K3dClusterFacts | null }> {
    const { k3dName, cluster } = this.#ref;
    const world = this.#world;
    const signal = unstoppable();
    world.report?.({
      cluster,
      message: "add" in step
        ? `adding ${count(step.add)} to k3d cluster ${k3dName}, about 7 s`
        : `removing ${count(step.remove)} from k3d cluster ${k3dName}, about 7 s`,
    });
    const edited = await world.k3d.edit(k3dName, step, reporting(world, cluster, signal));
    const looked = await settled(this.#ref, { world, signal });
    if (!looked.ok) return { outcome: failure(looked.failure), facts: null };
    let facts = looked.value;
    if (facts === null) {
      return { outcome: failure({ reason: "not-found", message: `k3d cluster ${k3dName} is gone` }), facts };
    }
    let state = "";
    if (!runs(facts)) {
      const running = await makeRun(this.#ref, { world, signal, facts, mayRepair: true });
      state = running.ok
        ? "its load balancer runs again"
        : `its load balancer could not be started again: ${running.failure.message}`;
      if (running.ok) facts = running.value;
      if (!running.ok && edited.ok) return { outcome: failure(running.failure), facts };
    } else state = "its load balancer runs";
    if (edited.ok) return { outcome: null, facts };
    return { outcome: await this.#failed(edited.failure, { step, state }), facts };
  }

  async #failed(
    why: K3dFailure,
    { step, state }: { readonly step: K3dEdit; readonly state: string },
  ): Promise<Outcome> {
    const { k3dName } = this.#ref;
    const what = "add" in step ? "no port was added" : "no port was removed";
    let reason = why.message;
    if (why.reason === "port-in-use" && why.address !== undefined) {
      const { address } = why;
      const protocol: K3dProtocol = "add" in step && step.add.some((one) =>
          one.includes(`${address.port}:`) && one.includes("/udp")
        )
        ? "udp"
        : "tcp";
      const container = await this.#world.k3d.publisher({ port: address.port, protocol }, unstoppable());
      const words = container === null
        ? (await this.#world.holder(address, protocol))?.words
        : `container ${container}`;
      if (words !== undefined) reason = `port ${address.port} is in use by ${words}`;
    }
    return {
      status: "failed",
      reason: why.reason,
      message: `${reason}: ${what} on k3d cluster ${k3dName}; ${state}`,
      retry: true,
    };
  }

  /** Ours is what was ours before or was added now, and is there. */
  async #remember(facts: K3dClusterFacts | null, adding: readonly string[]): Promise<void> {
    if (facts === null) return;
    const there = new Set((balancerOf(facts)?.bindings ?? []).map((binding) => formatBinding(binding)));
    const owned = [...new Set([...this.#note.owned, ...adding])].filter((one) => there.has(one)).sort();
    await this.#world.ledger.write(this.#id, { owned, changing: !runs(facts) });
  }

  /** k3d says 0 for edits that did not do what was asked: what is there counts. */
  #missed(edit: PortEdit, facts: K3dClusterFacts): Outcome {
    const there = new Set((balancerOf(facts)?.bindings ?? []).map(bindingName));
    const lacking = [...edit.add, ...edit.again].map((one) => one.binding).filter((one) =>
      !there.has(bindingName(one))
    );
    const left = edit.remove.filter((one) => there.has(bindingName(one)));
    if (lacking.length + left.length === 0) return { status: "done" };
    const words = [
      ...(lacking.length === 0 ? [] : [`${lacking.map((one) => formatBinding(one)).join(" ")} is not published`]),
      ...(left.length === 0 ? [] : [`${left.map((one) => formatBinding(one)).join(" ")} is still published`]),
    ];
    return failure({
      reason: "k3d-failed",
      message: `k3d changed the ports of cluster ${this.#ref.k3dName}, yet ${words.join(", ")}`,
    });
  }
}

function count(of: readonly string[]): string {
  return `${of.length} port${of.length === 1 ? "" : "s"}`;
}
