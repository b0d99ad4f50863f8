import type { Port, PortRange } from "./port.ts";
import type { Where } from "./source.ts";

/** One listener of the load balancers: its port in AWS, the local port that leads to it, and the NodePort that serves it. */
export interface AlbListener {
  readonly listener: Port;
  readonly local: Port;
  readonly nodePort: Port;
}

/** Listeners that come and go: `local.first + n` leads to `nodePorts.first + n`. Both ranges are of one size. */
export interface AlbRange {
  readonly local: PortRange;
  readonly nodePorts: PortRange;
}

/** `clusters.x.alb`: the local ports of a cluster's application load balancers. Defaults filled in. */
export interface AlbSpec {
  /**
   * Who publishes them: `berth` listens here; `k3d` maps them when it makes the cluster. `auto` is `berth` but for ports that k3d
   * publishes already.
   */
  readonly publish: "auto" | "berth" | "k3d";
  readonly listeners: readonly AlbListener[];
  /** Absent: no others than `listeners`. */
  readonly range?: AlbRange;
  /** Whether a request to `<alb>.localhost` gets the load balancer's real name as its Host. */
  readonly hosts: boolean;
  readonly where: Where;
}
