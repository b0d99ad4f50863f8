/**
 * `gone`: the other process ended. `timeout`: it does not answer. `protocol`: it answers what this version does not
 * understand. `refused`: it, or this machine, does not permit it.
 */
export type ControlFailure = "gone" | "timeout" | "protocol" | "refused";

/** An expected failure of the control socket, in words for the person at the terminal. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  readonly failure: ControlFailure;

  constructor(failure: ControlFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
