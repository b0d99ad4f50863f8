import { type OnReadOpts, Socket, type SocketConstructorOpts } from "node:net";

/**
 * A socket around the connection that a server has just accepted, which reads into buffers of ours.
 *
 * `net.connect` takes `onread` and `net.createServer` does not, though it is the same class underneath: without it each
 * read allocates 64 KiB, and relaying costs twice the time. So the accepted socket's handle moves to a new socket
 * that is made with `onread`; this is how a server makes its sockets itself, but it is not written down. Null when
 * this runtime has no such handle: the caller then uses the accepted socket as it is, slower but right.
 */
export function adopt(accepted: Socket, onread: OnReadOpts): Socket | null {
  const handle: unknown = Reflect.get(accepted, "_handle");
  if (typeof handle !== "object" || handle === null) return null;
  if (typeof Reflect.get(handle, "useUserBuffer") !== "function") return null;
  const options: SocketConstructorOpts = { allowHalfOpen: true, onread };
  // Not in the declared options, or declared for another use: set without their types.
  Reflect.set(options, "handle", handle);
  Reflect.set(options, "pauseOnCreate", true);
  const socket = new Socket(options);
  // What is left of the accepted socket ends without touching the connection.
  Reflect.set(accepted, "_handle", null);
  accepted.on("error", () => {});
  accepted.destroy();
  return socket;
}
