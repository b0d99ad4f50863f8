import type { Socket } from "node:net";

/**
 * Stops or begins again to read the connection under a TLS socket. Returns whether it could.
 *
 * Deno's `pause` of a TLS socket stops the handing out of what is deciphered, but goes on reading and keeps it all: a peer that sends
 * without end fills the memory (denoland/deno ext/node TLSWrap, seen in 2.9.6). Its TCP handle can be told to stop; that it is found
 * under this name is not written down. Without it nothing happens here: the socket's own `pause` is then all there is. A socket
 * without TLS has no such handle and needs none.
 */
export function readUnderTls(socket: Socket, read: boolean): boolean {
  const tcp = underTls(socket);
  if (tcp === null) return false;
  const act: unknown = Reflect.get(tcp, read ? "readStart" : "readStop");
  if (typeof act !== "function") return false;
  Reflect.apply(act, tcp, []);
  return true;
}

/** Whether the reading can be stopped under a TLS socket. */
export function isTls(socket: Socket): boolean {
  return underTls(socket) !== null;
}

function underTls(socket: Socket): object | null {
  const tls: unknown = Reflect.get(socket, "_handle");
  if (typeof tls !== "object" || tls === null) return null;
  const tcp: unknown = Reflect.get(tls, "_nativeTcpHandle");
  return typeof tcp === "object" ? tcp : null;
}
