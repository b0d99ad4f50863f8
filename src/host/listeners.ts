/** One socket that listens, as a tool of the system tells it. */
export interface ListeningSocket {
  /** In its usual spelling: `127.0.0.1`, `::1`, `0.0.0.0`, `::`. */
  readonly host: string;
  readonly port: number;
  /** Null where this user may not see whose it is. */
  readonly process: { readonly pid: number; readonly command: string } | null;
}

/** Whether a socket that listens at `listening` keeps `wanted` from being bound: the same address, or one of them is all addresses. */
export function overlaps(listening: string, wanted: string): boolean {
  const [a, b] = [listening, wanted].map((host) => host === "localhost" ? "127.0.0.1" : host);
  if (a === undefined || b === undefined || a === b) return a === b;
  const sameFamily = a.includes(":") === b.includes(":");
  if (a === "::" || b === "::") return true;
  return sameFamily && (a === "0.0.0.0" || b === "0.0.0.0");
}
