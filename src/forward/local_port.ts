import { autoPortCandidates } from "../conventions/auto_port.ts";
import { asPort, type Port, portsOf } from "../model/port.ts";
import type { ForwardSpec } from "../model/workspace.ts";

/** How far above a taken fixed port `onConflict: next-free` looks. */
const NEXT_FREE = 1000;

/**
 * The local ports that a forward tries, in order. `lease` is what `local: auto` got last time. One candidate means
 * that the forward insists on it: a conflict is then told with who holds it.
 */
export function* portCandidates(spec: ForwardSpec, lease: Port | undefined): Generator<Port> {
  const { local } = spec;
  switch (local.kind) {
    case "fixed":
      yield local.port;
      if (spec.onConflict !== "next-free") return;
      for (let step = 1; step <= NEXT_FREE; step++) {
        const next = asPort(local.port + step);
        if (next === undefined) return;
        yield next;
      }
      return;
    case "range":
      yield* portsOf(local.range);
      return;
    case "auto":
      if (lease !== undefined) yield lease;
      yield* autoPortCandidates(spec.name);
      return;
    default:
      return local satisfies never;
  }
}

/** Whether a forward that listens on `port` has what `spec` asks for. `before` is the spec under which it got that port. */
export function portSuits(port: Port, spec: ForwardSpec, before: ForwardSpec): boolean {
  const { local } = spec;
  switch (local.kind) {
    case "fixed":
      // A port that `next-free` gave stays while the same port is asked for: moving it back would take it from its users.
      return port === local.port ||
        (spec.onConflict === "next-free" && before.local.kind === "fixed" && before.local.port === local.port);
    case "range":
      return port >= local.range.first && port <= local.range.last;
    case "auto":
      return before.local.kind === "auto";
    default:
      return local satisfies never;
  }
}
