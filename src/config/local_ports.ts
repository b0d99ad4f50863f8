import type { LocalPort, Protocol } from "../model/workspace.ts";
import type { Where } from "../model/source.ts";
import { overlap } from "./addresses.ts";
import type { Reporter } from "./reporter.ts";

/** Where a forward asks to listen. */
export interface Listening {
  readonly name: string;
  readonly protocol: Protocol;
  readonly local: LocalPort;
  readonly bind: readonly string[];
  readonly where: Where;
}

/** Reports forwards that ask for one fixed port on overlapping addresses: each with the first one that it meets. */
export function reportSharedPorts(forwards: readonly Listening[], reporter: Reporter): void {
  // TCP and UDP ports of one number are two ports.
  const byPort = new Map<string, Listening[]>();
  for (const forward of forwards) {
    if (forward.local.kind !== "fixed") continue;
    const { port } = forward.local;
    const place = `${forward.protocol} ${port}`;
    const before = byPort.get(place) ?? [];
    if (before.length === 0) byPort.set(place, before);
    const other = before.find(({ bind }) => bind.some((left) => forward.bind.some((right) => overlap(left, right))));
    if (other === undefined) {
      // One that shares a port is already met by the one it shares it with; keeping it would only cost time.
      before.push(forward);
      continue;
    }
    reporter.report({
      code: "PF0043",
      message: `local port ${port} is used by both '${other.name}' and '${forward.name}'`,
      at: forward.where,
      label: `also used by '${other.name}'`,
      notes: [{ message: `'${other.name}' uses it`, at: other.where }],
      help: "give one of them another port, or local: auto",
    });
  }
}
