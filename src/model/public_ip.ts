import type { PortRange } from "./port.ts";
import type { Where } from "./source.ts";

/**
 * `clusters.x.publicIp`: local ports for tasks with `assignPublicIp: ENABLED`. `local.first + n` goes with `nodePorts.first + n`; both are
 * of one size.
 */
export interface PublicIpSpec {
  readonly local: PortRange;
  readonly nodePorts: PortRange;
  readonly where: Where;
}
