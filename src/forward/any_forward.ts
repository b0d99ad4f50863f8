import type { ForwardInside } from "../model/forward_details.ts";
import type { Outcome } from "../model/plan.ts";
import type { Event, ForwardStatus, SocketAddress } from "../model/status.ts";
import type { ForwardSpec } from "../model/workspace.ts";
import type { ForwardersWorld } from "./world.ts";

/** What a running forward is made with. */
export interface ForwardParts {
  readonly world: ForwardersWorld;
  /** The forward, other than `name`, that holds the address. */
  readonly heldBy: (address: SocketAddress, name: string) => string | undefined;
  readonly send: (event: Event) => void;
}

/** One running forward, whatever it carries. */
export interface AnyForward {
  readonly spec: ForwardSpec;
  readonly addresses: readonly SocketAddress[];
  readonly status: ForwardStatus;
  readonly inside: ForwardInside;
  /** Puts `spec` in force: binds what is new, lets go of what is not wanted, keeps the rest and every open connection. */
  apply(spec: ForwardSpec): Promise<Outcome>;
  /** Stops listening; all else stays. */
  release(): Promise<void>;
  /** Ends it: stops listening, watching and probing. What is under way goes on until `drain`. */
  close(): Promise<void>;
  /** After `close`: lets what is under way end for a bounded time. */
  drain(signal: AbortSignal): Promise<void>;
  /** Time passed. Absent: nothing here grows old. */
  tick?(): void;
  /** What was known of the network may no longer hold. */
  wake(): void;
  /** Everything that was found out of the way to the backends is found out anew. */
  restart(): void;
}
