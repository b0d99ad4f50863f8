import type { K3dControl, K3dLedger } from "../../model/k3d.ts";
import type { K3dProtocol } from "../../model/k3d_ports.ts";
import type { SocketAddress } from "../../model/status.ts";
import type { Clock } from "../../model/world.ts";

/** What the kinds `cluster` and `mapping` look at and act on. */
export interface K3dWorld {
  readonly k3d: K3dControl;
  readonly clock: Clock;
  /** Tells this workspace from others; stable, and without `@`. */
  readonly workspaceId: string;
  readonly ledger: K3dLedger;
  /** Who holds a local address; null when it is free, or when that cannot be said. */
  readonly holder: (address: SocketAddress, protocol: K3dProtocol) => Promise<{ readonly words: string } | null>;
  /** One for the life of the process: a cluster is changed by one action at a time. */
  readonly locks: ClusterLocks;
  /** Told of what goes on inside a slow action. `cluster`: the name in the file. */
  readonly report?: (progress: { readonly cluster: string; readonly message: string }) => void;
  /** Told after each change of a cluster where its API is now; null: it has none. Connections through the load balancer are cut by then. */
  readonly changed?: (change: { readonly cluster: string; readonly api: SocketAddress | null }) => void;
}

/** Lets one action at a time at each k3d cluster. */
export class ClusterLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `action` after all that was asked for earlier for the same cluster. */
  run<T>(k3dName: string, action: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(k3dName) ?? Promise.resolve();
    const mine = before.then(action, action);
    const tail = mine.catch(() => {});
    this.#tails.set(k3dName, tail);
    void tail.then(() => {
      if (this.#tails.get(k3dName) === tail) this.#tails.delete(k3dName);
    });
    return mine;
  }
}
