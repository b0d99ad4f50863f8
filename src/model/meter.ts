/** How a pass of the loop ended. `incomplete`: something is blocked, failed, or was cut off. */
export type PassResult = "converged" | "incomplete" | "bug";

/**
 * What is measured where it happens, because no status can tell it afterwards. Every call is cheap and never throws. What status does
 * tell (states, connections, bytes) is read from there.
 */
export interface Meter {
  /** A connection of `forward` reached a backend, so many seconds after it was accepted. */
  connected(forward: string, seconds: number): void;
  /** A list and watch of `kind` was begun again after a cut, an error or an expired version; not at its regular end. */
  watchRestarted(cluster: string, kind: string): void;
  /** A pass of the loop ended after so many seconds. */
  reconciled(result: PassResult, seconds: number): void;
  /** One `k3d cluster edit` ended. */
  k3dEdited(cluster: string, result: "done" | "failed"): void;
}

/** Measures nothing. */
export const NO_METER: Meter = {
  connected: () => {},
  watchRestarted: () => {},
  reconciled: () => {},
  k3dEdited: () => {},
};
