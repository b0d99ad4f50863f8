import type { Clock, Log } from "../model/world.ts";
import { ControlError } from "./control_error.ts";
import { controlHandler } from "./control_handler.ts";
import type { Daemon } from "./daemon_api.ts";
import { identify, lookAt, prepareFolder, removeOwn } from "./socket_file.ts";

/** What `serveControl` needs. */
export interface ServeOptions {
  /** Where the socket is to be; its folder is made if need be. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

/** A served control socket. */
export interface ControlServer {
  readonly path: string;
  /** Ends all streams, answers what was asked, removes the socket if it is still ours. Repeated calls wait for the same end. */
  close(): Promise<void>;
}

/**
 * Serves the control API over HTTP on a Unix socket that only this user can reach (0600 in a folder of 0700). A socket
 * that nobody answers on is replaced; one that somebody answers on is left alone: resolves with null.
 *
 * Two processes that start in the same moment are kept apart by the workspace's lock, not here. Rejects with `ControlError`.
 */
export async function serveControl(daemon: Daemon, { path, clock, log }: ServeOptions): Promise<ControlServer | null> {
  await prepareFolder(path);
  const found = await lookAt(path);
  if (found === "other") throw new ControlError("refused", `Something that is not a socket is in the way: ${path}`);
  if (found === "socket" && await answers(path)) return null;

  const api = controlHandler(daemon, { clock, log });
  // Bound under another name and then moved: nobody can reach it before it is 0600, the move replaces a dead socket in
  // one step, and the listener, which unlinks the name it was given when it closes, cannot unlink another one's socket.
  const born = `${path}.${Deno.pid}`;
  if (await lookAt(born) === "socket") await Deno.remove(born);
  const server = Deno.serve(
    { path: born, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    api.handle,
  );
  await Deno.chmod(born, 0o600);
  const mine = await identify(born);
  await Deno.rename(born, path);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    if (mine !== null) await removeOwn(path, mine);
    api.end();
    await server.shutdown();
  };
  return { path, close: () => closing ??= close() };
}

async function answers(path: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused || error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
