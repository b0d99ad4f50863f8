import type { ClusterAccess } from "../model/cluster_access.ts";
import type { Meter } from "../model/meter.ts";
import type { Port } from "../model/port.ts";
import type { SocketAddress } from "../model/status.ts";
import type { ForwardSpec, Protocol } from "../model/workspace.ts";
import type { AlbNames } from "./http_host/alb_hosts.ts";
import type { Clock, Log, Random } from "../model/world.ts";
import type { Exec } from "./probe.ts";

/** What the data plane needs of the outside. */
export interface ForwardersWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nothing is measured. */
  readonly meter?: Meter;
  /** The cluster of that name, as it is now. */
  readonly clusters: (name: string) => ClusterAccess | undefined;
  /** The real names of load balancers. Absent: no Host is ever changed. */
  readonly albNames?: AlbNames;
  readonly exec: Exec;
  /** The program that holds a local address, as `nginx (PID 1234)`; null when it cannot be told. */
  readonly whoHolds: (address: SocketAddress, protocol: Protocol) => Promise<string | null>;
  /** Has who holds an address let go of it, where the forward may have that. Whether it did. Absent: never. */
  readonly takeOver?: (address: SocketAddress, spec: ForwardSpec) => Promise<boolean>;
  /** The local ports that `local: auto` gave out before. */
  readonly leases: { get(name: string): Port | undefined; set(name: string, port: Port): void };
}
