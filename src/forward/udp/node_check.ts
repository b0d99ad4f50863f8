import type { SocketAddress } from "../../model/status.ts";
import { StreamError } from "../../model/stream.ts";
import type { Clock } from "../../model/world.ts";
import { limited } from "../limits.ts";
import { NetSocket } from "../net_socket.ts";

/**
 * Whether packets get to a machine and back: it answers a TCP dial, and a refusal is an answer. This is all that can be known of a UDP port without
 * sending something to the server behind it. Never rejects but with the signal's reason.
 */
export async function isNodeThere(
  address: SocketAddress,
  { timeout, clock, signal }: { readonly timeout: number; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const cut = limited(timeout, { clock, signal });
  try {
    (await NetSocket.dial(address, cut.signal)).close();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof StreamError && (error.failure === "refused" || error.failure === "reset");
  } finally {
    cut.end();
  }
}
