import type { Log } from "./world.ts";

/** A log that keeps nothing: for one-off commands and tests. */
export const NO_LOG: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
