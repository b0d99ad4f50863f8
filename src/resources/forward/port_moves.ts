import type { RunningForward } from "../../model/forwarders.ts";
import type { Port } from "../../model/port.ts";
import type { ForwardSpec } from "../../model/workspace.ts";

/** Who must let go of a port before whom. */
export interface PortMoves {
  /** Per forward: those whose action comes first, because they hold the port it will take. Never a circle. */
  readonly after: ReadonlyMap<string, readonly string[]>;
  /** Per forward: those that must first let go of their ports, where the moves form a circle. */
  readonly release: ReadonlyMap<string, readonly string[]>;
}

/** What runs, by the port it listens on. */
export type PortIndex = ReadonlyMap<Port, readonly RunningForward[]>;

/** Files what runs under its ports, so that looking one up does not walk them all. */
export function indexByPort(running: Iterable<RunningForward>): PortIndex {
  const index = new Map<Port, RunningForward[]>();
  for (const one of running) {
    for (const port of new Set(one.listen.map((address) => address.port))) {
      const there = index.get(port);
      if (there === undefined) index.set(port, [one]);
      else there.push(one);
    }
  }
  return index;
}

/** Names of the other forwards that hold the port which `spec` insists on, at one of its addresses or one that covers it. */
export function holdersOf(spec: ForwardSpec, index: PortIndex): readonly string[] {
  if (spec.local.kind !== "fixed") return [];
  const port = spec.local.port;
  return (index.get(port) ?? [])
    .filter((other) =>
      other.spec.name !== spec.name &&
      other.spec.protocol === spec.protocol &&
      other.listen.some((address) =>
        address.port === port &&
        spec.bind.some((host) => host === address.host || isAny(host) || isAny(address.host))
      )
    )
    .map((other) => other.spec.name)
    .sort();
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/**
 * The order in which ports change hands. Moves along a chain wait for each other; in a circle (two forwards that swap ports)
 * the first by name makes all its members let go before it binds, and the others wait for it. `stays` says which running forwards keep their ports.
 */
export function portMoves(
  wanted: readonly ForwardSpec[],
  { index, stays }: { readonly index: PortIndex; readonly stays: (name: string) => boolean },
): PortMoves {
  const waits = new Map<string, readonly string[]>();
  for (const spec of [...wanted].sort((a, b) => a.name < b.name ? -1 : 1)) {
    const holders = holdersOf(spec, index).filter((name) => !stays(name));
    if (holders.length > 0) waits.set(spec.name, holders);
  }
  return breakCircles(waits);
}

function breakCircles(waits: ReadonlyMap<string, readonly string[]>): PortMoves {
  const after = new Map<string, readonly string[]>();
  const release = new Map<string, readonly string[]>();
  const circleOf = circles(waits);
  for (const [name, before] of waits) {
    const circle = circleOf.get(name);
    const first = circle?.[0];
    if (circle === undefined || first === undefined) {
      after.set(name, before);
    } else if (name === first) {
      after.set(name, before.filter((other) => !circle.includes(other)));
      release.set(name, circle);
    } else {
      after.set(name, [...new Set([first, ...before.filter((other) => !circle.includes(other))])]);
    }
  }
  return { after, release };
}

/** For each member of a circle, all of that circle's members in order of name. */
function circles(waits: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, readonly string[]> {
  const reach = new Map<string, ReadonlySet<string>>();
  for (const start of waits.keys()) {
    const seen = new Set<string>();
    const todo = [...waits.get(start) ?? []];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      todo.push(...waits.get(next) ?? []);
    }
    reach.set(start, seen);
  }
  const result = new Map<string, readonly string[]>();
  for (const name of waits.keys()) {
    if (reach.get(name)?.has(name) !== true) continue;
    result.set(
      name,
      [...waits.keys()].filter((other) => reach.get(name)?.has(other) && reach.get(other)?.has(name)).sort(),
    );
  }
  return result;
}
