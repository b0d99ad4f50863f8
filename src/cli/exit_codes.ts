/** The exit codes of every verb: a contract, tools match on them. 64 to 75 are those of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** Something failed or is blocked. */
  failed: 1,
  /** Only `plan --detailed-exitcode`: there are changes. */
  changes: 2,
  /** The command line is wrong. */
  usage: 64,
  /** forwards.yaml is wrong. */
  badFile: 65,
  /** A tool or a daemon that is needed is missing or does not answer. */
  unavailable: 69,
  /** Another process holds this workspace. */
  held: 75,
  interrupted: 130,
} as const;
