import { key } from "../model/key.ts";
import type { Event, ForwardState, ForwardStatus, Reason } from "../model/status.ts";
import type { Clock } from "../model/world.ts";
import type { Trouble } from "./failures.ts";
import type { Destination } from "./route_choice.ts";

/** The part of a forward's status that health decides. Times in milliseconds since 1970. */
export interface ConditionView extends
  Pick<
    ForwardStatus,
    "status" | "reason" | "message" | "route" | "routeReason" | "backend" | "attempt" | "reconnects"
  > {
  readonly lastCheck: number | null;
  readonly nextRetry: number | null;
  readonly since: number;
}

/** The state of one forward, and the events of its changes. An event is sent only where a person would see a difference. */
export class Condition {
  readonly #name: string;
  readonly #clock: Clock;
  readonly #send: (event: Event) => void;
  #view: ConditionView;
  #backendId: string | null = null;
  /** Active since it began: another time will be a return. */
  #wasActive = false;

  constructor(
    name: string,
    { clock, send }: { readonly clock: Clock; readonly send: (event: Event) => void },
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#send = send;
    this.#view = {
      status: "Starting",
      reason: "connecting",
      message: null,
      route: null,
      routeReason: null,
      backend: null,
      lastCheck: null,
      nextRetry: null,
      attempt: 0,
      reconnects: 0,
      since: clock.now(),
    };
  }

  get view(): ConditionView {
    return this.#view;
  }

  /** What tells the backend in use from others; null before the first. */
  get backendId(): string | null {
    return this.#backendId;
  }

  /** A probe or a connection went through. `follows`: there is one backend that is meant, so that another one is a switch worth telling. */
  reached(
    destination: Destination,
    { reason, follows }: { readonly reason: string; readonly follows: boolean },
  ): void {
    const before = this.#view;
    const formerId = this.#backendId;
    this.#backendId = destination.id;
    this.#view = {
      ...before,
      route: destination.route,
      routeReason: reason,
      backend: destination.backend,
      lastCheck: this.#clock.now(),
      nextRetry: null,
      attempt: 0,
    };
    if (before.status !== "Active") {
      this.#become("Active", null, `${destination.route} to ${destination.backend}`);
    } else if (before.route !== destination.route) {
      this.#tell("switch", `route is now ${destination.route}: ${reason}`);
    } else if (follows && formerId !== null && formerId !== destination.id) {
      this.#tell("switch", `now to ${destination.backend}, before to ${before.backend}`);
    }
  }

  /** A check that does not show the way (a command) found it healthy. */
  healthy(): void {
    this.#view = { ...this.#view, lastCheck: this.#clock.now(), nextRetry: null, attempt: 0 };
    if (this.#view.status !== "Active") this.#become("Active", null, "the probe's command found it healthy");
  }

  /** Begins anew: another target, or a start after a failure. What was known of the backend no longer holds. */
  restart(): void {
    this.#backendId = null;
    this.#wasActive = false;
    this.#view = { ...this.#view, route: null, routeReason: null, backend: null, nextRetry: null, attempt: 0 };
    this.#become("Starting", "connecting", "looking for a backend");
  }

  /** A check failed, the `attempt`-th in a row. Does not change the state. */
  checked(attempt: number): void {
    this.#view = { ...this.#view, lastCheck: this.#clock.now(), attempt };
  }

  /** When the next check is due, or null. */
  retryAt(time: number | null): void {
    this.#view = { ...this.#view, nextRetry: time };
  }

  /** The state is `status` because of `trouble`. */
  trouble(status: Exclude<ForwardState, "Active" | "Stopped">, trouble: Trouble): void {
    this.#become(status, trouble.reason, trouble.message);
  }

  /** The forward has ended. */
  stopped(): void {
    this.#view = { ...this.#view, nextRetry: null };
    this.#become("Stopped", null, "stopped");
  }

  #become(status: ForwardState, reason: Reason | null, message: string): void {
    const before = this.#view;
    const changed = before.status !== status || before.reason !== reason;
    this.#view = {
      ...before,
      reconnects: before.reconnects + (this.#wasActive && status === "Active" && changed ? 1 : 0),
      status,
      reason,
      message: reason === null ? null : message,
      since: before.status === status ? before.since : this.#clock.now(),
    };
    if (status === "Active") this.#wasActive = true;
    if (changed) this.#tell("status", message);
  }

  #tell(type: "status" | "switch", message: string): void {
    this.#send({
      time: new Date(this.#clock.now()).toISOString(),
      type,
      key: key("forward", this.#name),
      status: this.#view.status,
      reason: this.#view.reason,
      message,
    });
  }
}
