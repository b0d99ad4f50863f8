import { rangeWords } from "../conventions/kecs_ports.ts";
import { asPort, parsePortRange, type PortRange, rangeSize } from "../model/port.ts";
import type { ClusterContext } from "./cluster_context.ts";
import { tokenAt } from "./tokens.ts";

/** Local ports and the NodePorts that go with them one by one. */
export interface RangePair {
  readonly local: PortRange;
  readonly nodePorts: PortRange;
}

/** A pair of ranges as it is written. */
export interface WrittenPair {
  readonly local?: number | string | undefined;
  readonly nodePorts?: number | string | undefined;
}

/**
 * Reads a pair of ranges at a place of a cluster. What is not written begins where the convention's begins and is as large as the other
 * one. `problem` says what is wrong with a pair, or null. Reports a pair that does not fit; undefined then.
 */
export function readPair(
  written: WrittenPair,
  { at, context, convention, problem }: {
    readonly at: readonly string[];
    readonly context: ClusterContext;
    readonly convention: RangePair;
    readonly problem: (pair: RangePair) => string | null;
  },
): RangePair | undefined {
  const local = rangeOf(written.local);
  const nodePorts = rangeOf(written.nodePorts);
  const pair: RangePair = {
    local: local ?? fitted(convention.local, nodePorts),
    nodePorts: nodePorts ?? fitted(convention.nodePorts, local),
  };
  const message = problem(pair);
  if (message === null) return pair;
  const path = ["clusters", context.name, ...at];
  const key = written.nodePorts === undefined ? "local" : "nodePorts";
  const fitting = key === "nodePorts" ? fitted(pair.nodePorts, pair.local) : fitted(pair.local, pair.nodePorts);
  context.reporter.report({
    code: "PF0055",
    message,
    at: tokenAt(context.root, [...path, key]),
    help: `write ${key}: ${rangeWords(fitting)}, for example`,
  });
  return undefined;
}

function rangeOf(written: number | string | undefined): PortRange | undefined {
  return written === undefined ? undefined : parsePortRange(String(written));
}

/** A range from the same first port, as large as another as far as there are ports. */
function fitted({ first, last }: PortRange, other: PortRange | undefined): PortRange {
  if (other === undefined) return { first, last };
  return { first, last: asPort(Math.min(first + rangeSize(other) - 1, 65_535)) ?? last };
}
