import type { Socket } from "node:net";

/**
 * Stops or begins again to read the connection under a TLS socket.
 *
 * Deno's `pause` of a TLS socket stops the handing out of what is deciphered, but goes on reading and keeps it all: a peer that sends
 * without end fills the memory (denoland/deno ext/node TLSWrap, seen in 2.9.6). Its TCP handle can be told to stop; that it is found
 * under this name is not written down. Without it nothing happens here: the socket's own `pause` is then all there is. A socket
 * without TLS has no such handle and needs none.
 */
export function readUnderTls(socket: Socket, read: boolean): void {
  const tls: unknown = Reflect.get(socket, "_handle");
  if (typeof tls !== "object" || tls === null) return;
  const tcp: unknown = Reflect.get(tls, "_nativeTcpHandle");
  if (typeof tcp !== "object" || tcp === null) return;
  const act: unknown = Reflect.get(tcp, read ? "readStart" : "readStop");
  if (typeof act === "function") Reflect.apply(act, tcp, []);
}
