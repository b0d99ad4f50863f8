import type { ForwardInside } from "./forward_details.ts";
import type { Outcome } from "./plan.ts";
import type { Event, ForwardStatus, SocketAddress } from "./status.ts";
import type { ForwardSpec } from "./workspace.ts";

/** A forward that runs, and where it listens. */
export interface RunningForward {
  readonly spec: ForwardSpec;
  readonly listen: readonly SocketAddress[];
}

/** What runs now: in this process, or, through the control socket, in the one that holds the workspace. */
export interface ForwarderView {
  list(signal: AbortSignal): Promise<readonly RunningForward[]>;
}

/** The data plane of this process: owns every listening socket. */
export interface Forwarders extends ForwarderView {
  /** What `list` resolves with, at once. One that could not bind is in it with no `listen`, until it is stopped or started again. */
  running(): readonly RunningForward[];
  /** Binds and begins to serve. `done` means that it listens, not that a backend answers: that is status. */
  start(spec: ForwardSpec, signal: AbortSignal): Promise<Outcome>;
  /**
   * Puts a new spec in force without closing what need not be closed: open connections stay whatever changed. Where the addresses change,
   * the new ones are bound before the old ones are let go; if that fails, the old spec stays in force. Another protocol is another forward: the
   * old one is stopped first.
   */
  change(spec: ForwardSpec, signal: AbortSignal): Promise<Outcome>;
  /** Stops listening but keeps the forward and its open connections, so that another one can take the port; the next `change` binds again. */
  release(name: string): void;
  /** Stops listening. Resolves when the port is free; open connections go on for a bounded time after that. */
  stop(name: string, signal: AbortSignal): Promise<Outcome>;
  /**
   * Looks for the backends of a forward anew, over fresh ways. Its listener and its open connections stay. False where there is none of
   * that name.
   */
  restart(name: string): boolean;
  /** What is known of one beyond its status; undefined where there is none of that name. */
  inside(name: string): ForwardInside | undefined;
  /** Stops all, and waits for the open connections of all that was stopped; the signal ends them at once. */
  close(signal: AbortSignal): Promise<void>;
  /** This machine slept, or is on another network: spare tunnels are let go, and every way is tried anew. Open connections stay. */
  wake(): void;
  status(): readonly ForwardStatus[];
  /** Calls `listener` at each change of state, switch of backend and failed start. Returns the way to stop that. */
  subscribe(listener: (event: Event) => void): () => void;
}
