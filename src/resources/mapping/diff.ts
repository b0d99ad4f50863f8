import type { PlannedAction } from "../../engine/resource_kind.ts";
import { bindingName, formatBinding } from "../../model/k3d_ports.ts";
import { type Key, key } from "../../model/key.ts";
import type { Action, Gate } from "../../model/plan.ts";
import { clusterKey } from "../cluster/diff.ts";
import type { DesiredPorts } from "./desired.ts";
import type { ObservedPorts } from "./observe.ts";
import { planPortEdit, type PortEdit } from "./port_edit.ts";

/** What `apply` does for an action of kind `mapping`. */
export type MappingInput =
  /** All of a cluster's changes: at most one edit that deletes and one that adds. Nothing beyond these names is touched. */
  | {
    readonly do: "edit";
    readonly desired: DesiredPorts;
    readonly add: readonly string[];
    readonly remove: readonly string[];
  }
  /** Done by the action it depends on. */
  | { readonly do: "along" }
  | { readonly do: "nothing"; readonly reason: string; readonly message: string; readonly tool: boolean };

/** The key of one published port; `name` as `bindingName` has it. */
function mappingKey(cluster: string, name: string): Key {
  return key("mapping", `${cluster}/${name}`);
}

/** The actions that make the published ports what the file asks for. Pure, total, independent of the order of its inputs. */
export function diffPorts(
  desired: readonly DesiredPorts[],
  observed: readonly ObservedPorts[],
): readonly PlannedAction<MappingInput>[] {
  return desired.flatMap((one) => {
    const now = observed.find(({ cluster }) => cluster === one.cluster);
    return now === undefined ? [] : diffOne(one, now);
  });
}

type Planned = PlannedAction<MappingInput>;
type Draft = Pick<Action, "op" | "key" | "reason" | "detail">;

function diffOne(desired: DesiredPorts, observed: ObservedPorts): readonly Planned[] {
  const { cluster, k3dName, edits } = desired;
  const edit = planPortEdit(desired, observed.now);
  const held = new Map(observed.held.map((one) => [bindingName(one.binding), one]));
  const blocked = [
    ...edit.refused.map((one) =>
      refused(desired, {
        name: one.name,
        reason: one.reason,
        help: one.help,
        code: one.code,
        removal: one.op === "remove",
      })
    ),
    ...edit.add.flatMap((one) => {
      const by = held.get(bindingName(one.binding));
      return by === undefined ? [] : [refused(desired, {
        name: bindingName(one.binding),
        reason: `port ${by.address.port} is in use by ${by.words}`,
        help: "stop that program, or choose another host port",
        code: "port-in-use",
        removal: false,
      })];
    }),
  ];
  const taken = new Set(blocked.map((one) => one.key));
  const possible: PortEdit = {
    ...edit,
    add: edit.add.filter((one) => !taken.has(mappingKey(cluster, bindingName(one.binding)))),
  };
  const drafts = draftsOf(desired, possible);
  const first = drafts[0];
  if (first === undefined) return unique(blocked);
  const failure = observed.trouble !== null
    ? { reason: observed.trouble.reason, message: observed.trouble.message, tool: true }
    : edits === "never"
    ? {
      reason: "edits-never",
      message: `edits: never: the ports of k3d cluster ${k3dName} are not changed while it runs`,
      tool: false,
    }
    : null;
  if (failure !== null) {
    return unique([
      ...blocked,
      ...drafts.map((draft): Planned => ({
        ...draft,
        op: "blocked",
        reason: `${draft.reason}; ${failure.message}`,
        dependsOn: [],
        disruption: null,
        gate: "none",
        input: { do: "nothing", ...failure },
      })),
    ]);
  }
  const gate: Gate = edits === "ask" ? "allow-restart" : "none";
  const batch = drafts.map((draft): Planned =>
    draft === first
      ? {
        ...draft,
        dependsOn: [clusterKey(cluster)],
        disruption: disruption(k3dName, possible),
        gate,
        input: {
          do: "edit",
          desired,
          add: [...possible.add, ...possible.again].map((one) => bindingName(one.binding)),
          remove: [...possible.remove, ...possible.again.map((one) => one.binding)].map(bindingName),
        },
      }
      : { ...draft, dependsOn: [clusterKey(cluster), first.key], disruption: null, gate, input: { do: "along" } }
  );
  return unique([...blocked, ...batch]);
}

/** What an edit shows, one row a port, in the order of keys. */
function draftsOf({ cluster, k3dName }: DesiredPorts, edit: PortEdit): readonly Draft[] {
  const drafts = [
    ...edit.add.map(({ binding }) => ({ op: "create" as const, binding, reason: "not published" })),
    ...edit.remove.map((binding) => ({ op: "delete" as const, binding, reason: "not in the file" })),
    ...edit.again.map(({ binding, dead }) => ({
      op: "change" as const,
      binding,
      reason: dead
        ? "published, but nothing is behind it: removed and added again"
        : "k3d cuts it with another host port of the same container port: removed and added again",
    })),
  ];
  return drafts.map(({ op, binding, reason }): Draft => ({
    op,
    key: mappingKey(cluster, bindingName(binding)),
    reason,
    detail: { cluster: k3dName, port: formatBinding(binding), protocol: binding.protocol },
  })).sort((a, b) => a.key < b.key ? -1 : 1);
}

/** What the edits of one apply disturb. */
function disruption(k3dName: string, { add, remove, again }: PortEdit): string {
  const twice = add.length + again.length > 0 && remove.length + again.length > 0;
  const ports = "API and published ports";
  return twice
    ? `restarts the load balancer of k3d cluster ${k3dName} twice: two times about 7 s without ${ports}`
    : `restarts the load balancer of k3d cluster ${k3dName}: about 7 s without ${ports}`;
}

function refused(
  { cluster, k3dName }: DesiredPorts,
  { name, reason, help, code, removal }: {
    readonly name: string;
    readonly reason: string;
    readonly help: string;
    readonly code: string;
    readonly removal: boolean;
  },
): Planned {
  const message = removal ? `not in the file, but stays published: ${reason}` : reason;
  return {
    op: "blocked",
    key: mappingKey(cluster, name),
    reason: message,
    dependsOn: [],
    disruption: null,
    gate: "none",
    detail: { cluster: k3dName, reason: code, help },
    input: { do: "nothing", reason: code, message, tool: false },
  };
}

/** Each key once; what comes first wins. */
function unique(actions: readonly Planned[]): readonly Planned[] {
  const byKey = new Map<Key, Planned>();
  for (const action of actions) if (!byKey.has(action.key)) byKey.set(action.key, action);
  return [...byKey.values()].sort((a, b) => a.key < b.key ? -1 : 1);
}
