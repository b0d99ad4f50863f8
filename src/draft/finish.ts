import { Document, isMap, visit } from "yaml";
import { canonicalAddress, overlap } from "../config/addresses.ts";
import { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue, PORT_NAME_PATTERN } from "../config/names.ts";
import { isEcsName, parseTaskRef } from "../conventions/task_ref.ts";
import { asPort } from "../model/port.ts";
import type { Draft, DraftCluster, DraftForward, DraftTarget, Finished, Note } from "./draft.ts";
import { NameGiver } from "./name_giver.ts";

/** What the finished file begins with. */
export interface FinishOptions {
  /** Lines of comment, without `#`. */
  readonly header: readonly string[];
}

type Entry = Record<string, unknown>;

const PORT_NAME = new RegExp(PORT_NAME_PATTERN);

/**
 * The text of a `forwards.yaml` out of a draft. What could not stand in it is left out and noted: names that Kubernetes does not have, ports
 * out of range. Of two forwards with the same local port the second gets `local: auto`. Pure.
 */
export function finishDraft(draft: Draft, { header }: FinishOptions): Finished {
  const notes: Note[] = [...draft.notes];
  const taken = new TakenPorts();
  const clusterNames = new NameGiver();
  const forwardNames = new NameGiver();
  const clusters = new Map<string, { readonly name: string; readonly entry: Entry; readonly nodePorts: Entry[] }>();
  for (const cluster of draft.clusters) {
    if (clusters.has(cluster.id)) continue;
    const name = clusterNames.give([cluster.name], "cluster");
    clusters.set(cluster.id, { name, entry: clusterEntry(cluster), nodePorts: [] });
  }
  const several = clusters.size > 1;
  const forwards = new Map<string, Entry>();
  let count = 0;
  for (const forward of draft.forwards) {
    const cluster = clusters.get(forward.cluster);
    const problem = cluster === undefined ? "its cluster is not known" : problemOf(forward);
    if (cluster === undefined || problem !== null) {
      notes.push({ kind: "left-out", line: forward.line, what: forward.name, why: problem ?? "" });
      continue;
    }
    const { target, port, line, local: wanted } = forward;
    const by = typeof wanted === "number" ? taken.holder(wanted, forward.bind) : undefined;
    if (target.kind === "nodePort") {
      if (by !== undefined || typeof wanted !== "number") {
        const why = by === undefined ? "it says no local port" : `local port ${wanted} is used by '${by}' already`;
        notes.push({ kind: "left-out", line, what: forward.name, why });
        continue;
      }
      taken.take(wanted, forward);
      cluster.nodePorts.push({ listener: wanted, local: wanted, nodePort: port });
      count++;
      continue;
    }
    const name = forwardNames.give([forward.name, `${forward.name}-${wanted === "auto" ? port : wanted}`], "forward");
    if (by !== undefined) {
      const why = `local port ${wanted} is used by '${by}' already: it gets a port of its own, 'local: auto'`;
      notes.push({ kind: "changed", line, what: name, why });
    } else if (typeof wanted === "number") taken.take(wanted, { ...forward, name });
    forwards.set(name, {
      ...(several ? { cluster: cluster.name } : {}),
      ...targetEntry(target),
      port,
      ...(by === undefined && wanted !== "auto" ? { local: wanted } : {}),
      ...bindEntry(forward.bind),
      ...(forward.reconnect === false ? { reconnect: false } : {}),
    });
    count++;
  }
  const text = write({
    header,
    defaults: defaultsEntry(draft.defaults ?? {}),
    clusters: new Map(Array.from(clusters.values(), ({ name, entry, nodePorts }) => [name, {
      ...entry,
      ...(nodePorts.length === 0 ? {} : { alb: { listeners: nodePorts, range: "none" } }),
    }])),
    forwards,
  });
  return { text, forwards: count, notes: inOrder(notes) };
}

/** Local ports with the names that have them. Addresses are not compared finely: the default binds both families. */
class TakenPorts {
  readonly #holders = new Map<number, { readonly name: string; readonly bind: readonly string[] }[]>();

  holder(port: number, bind: readonly string[] = []): string | undefined {
    return this.#holders.get(port)?.find((other) =>
      bind.length === 0 || other.bind.length === 0 ||
      bind.some((address) => other.bind.some((held) => overlap(address, held)))
    )?.name;
  }

  take(port: number, { name, bind = [] }: { readonly name: string; readonly bind?: readonly string[] }): void {
    this.#holders.set(port, [...this.#holders.get(port) ?? [], { name, bind }]);
  }
}

/** Why a forward cannot stand in the file; null where it can. */
function problemOf({ target, port, local, bind }: DraftForward): string | null {
  const byName = typeof port === "string" && target.kind !== "nodePort" && PORT_NAME.test(port);
  if (!byName && (typeof port === "string" || asPort(port) === undefined)) {
    return `'${port}' is neither a port nor the name of one`;
  }
  if (local !== "auto" && asPort(local) === undefined) return `${local} is not a local port`;
  const address = bind?.find((one) => canonicalAddress(one) === undefined);
  if (address !== undefined) return `'${address}' is not an IP address`;
  return targetProblem(target);
}

function targetProblem(target: DraftTarget): string | null {
  const bad = (what: string, word: string) => `'${word}' is not the name of ${what}`;
  switch (target.kind) {
    case "nodePort":
      return null;
    case "ecsService":
      if (!isEcsName(target.ecsCluster)) return bad("an ECS cluster", target.ecsCluster);
      return isEcsName(target.name) ? null : bad("an ECS service", target.name);
    case "ecsTask":
      return typeof parseTaskRef(`${target.ecsCluster}/${target.name}`) === "string"
        ? bad("an ECS task", `${target.ecsCluster}/${target.name}`)
        : null;
    case "selector": {
      if (!isDnsLabel(target.namespace)) return bad("a namespace", target.namespace);
      const labels = Object.entries(target.labels);
      if (labels.length === 0) return "it selects by no label";
      const odd = labels.find(([key, value]) => !isLabelKey(key) || !isLabelValue(value));
      return odd === undefined ? null : `'${odd.join("=")}' is not a label`;
    }
    default:
      if (!isDnsLabel(target.namespace)) return bad("a namespace", target.namespace);
      return (target.kind === "service" ? isDnsLabel : isDnsSubdomain)(target.name)
        ? null
        : bad(`a ${target.kind}`, target.name);
  }
}

function bindEntry(bind: readonly string[] | undefined): Entry {
  const addresses = [...new Set(bind?.map((address) => canonicalAddress(address)))];
  return addresses.length === 0 ? {} : { bind: addresses.length === 1 ? addresses[0] : addresses };
}

function targetEntry(target: Exclude<DraftTarget, { kind: "nodePort" }>): Entry {
  switch (target.kind) {
    case "selector":
      return { selector: { namespace: target.namespace, labels: target.labels } };
    case "ecsService":
      return { service: `${target.ecsCluster}/${target.name}` };
    case "ecsTask":
      return { task: `${target.ecsCluster}/${target.name}` };
    default:
      return { [target.kind]: `${target.namespace}/${target.name}` };
  }
}

function clusterEntry({ kubeconfig, context, kecs, sandbox }: DraftCluster): Entry {
  if (sandbox === true) return { sandbox: {} };
  return {
    ...(kubeconfig ? { kubeconfig } : {}),
    ...(context ? { context } : {}),
    ...(kecs === undefined ? {} : { kecs }),
  };
}

function defaultsEntry({ every, initial }: NonNullable<Draft["defaults"]>): Entry {
  return {
    ...(every === undefined ? {} : { health: { every } }),
    ...(initial === undefined ? {} : { backoff: { initial } }),
  };
}

function write({ header, defaults, clusters, forwards }: {
  readonly header: readonly string[];
  readonly defaults: Entry;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly forwards: ReadonlyMap<string, Entry>;
}): string {
  const document = new Document({
    version: 1,
    ...(Object.keys(defaults).length === 0 ? {} : { defaults }),
    clusters,
    forwards,
  }, { aliasDuplicateObjects: false });
  document.commentBefore = header.map((line) => ` ${line}`).join("\n");
  visit(document, {
    // A cluster or a forward is one line.
    Map(_key, node, path) {
      if (path.filter(isMap).length >= 2 || node.items.length === 0) node.flow = true;
    },
    Seq(_key, node) {
      node.flow = true;
    },
  });
  // A blank line before each section, as people write it.
  const sections = document.toString({ lineWidth: 0 }).replace(/^(defaults|clusters|forwards):/gm, "\n$1:");
  return sections.replace(/^((?:#.*\n)+)\n+version/, "$1version");
}

function inOrder(notes: readonly Note[]): readonly Note[] {
  return notes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
