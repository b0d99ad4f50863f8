import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** What `openServer` needs. */
export interface OpenServerOptions<T> {
  /** `The web page`, `The metrics`. */
  readonly what: string;
  /** The flag that asks for another port: `--dashboard`. */
  readonly flag: string;
  /** Begins to serve on `port` of 127.0.0.1. */
  readonly open: (port: number) => Promise<T>;
  /** Who holds that port, in words; null where that cannot be seen. */
  readonly whoHolds: (port: number) => Promise<string | null>;
}

/** Says what to do about it, too. */
export type ServerProblem = Diagnostic & { readonly help: string };

/** What opening a server came to. */
export type OpenedServer<T> =
  | { readonly kind: "open"; readonly server: T }
  | { readonly kind: "failed"; readonly problem: ServerProblem };

/**
 * Opens a server beside the forwards. They are what `up` is for: a port of such a server that cannot be had is a problem to show, and
 * stops nothing else. Rejects only with bugs.
 */
export async function openServer<T>(port: number, options: OpenServerOptions<T>): Promise<OpenedServer<T>> {
  const { what, flag, open, whoHolds } = options;
  try {
    return { kind: "open", server: await open(port) };
  } catch (error) {
    const taken = error instanceof Deno.errors.AddrInUse;
    if (!taken && !(error instanceof Deno.errors.PermissionDenied)) throw error;
    const why = taken
      ? `port ${port} is in use by ${await whoHolds(port) ?? "another program"}`
      : `this user may not listen on port ${port}`;
    const help = `free the port and start again, or choose another one: ${flag}=PORT, with 0 for any`;
    return { kind: "failed", problem: notServed(what, { why, help }) };
  }
}

/** A server of this process that is not there. */
export function notServed(what: string, { why, help }: { readonly why: string; readonly help: string }): ServerProblem {
  return { code: "PF0069", severity: "warning", message: `${what} cannot be served: ${why}`, where: null, help };
}
