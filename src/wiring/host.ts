import type { Shell } from "../host/shell.ts";
import type { Clock, Log, Random } from "../model/world.ts";

/** This process' own world: the adapters that every verb may need, none of them heavy to make. */
export interface Host {
  readonly clock: Clock;
  readonly random: Random;
  readonly shell: Shell;
  /** Reads one variable. */
  readonly env: (name: string) => string | undefined;
  /** The home folder; where there is none, the current one. */
  readonly home: string;
  readonly cwd: string;
  readonly pid: number;
  /** The log of one room. */
  readonly log: (room: string) => Log;
}
