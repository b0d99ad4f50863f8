import { createSocket, type Socket } from "node:dgram";
import type { Port } from "../../model/port.ts";
import { bindFailure, type BindResult } from "../bind.ts";
import { errorCode } from "../socket_errors.ts";

/** A datagram, where it came from, and the way back. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: { readonly host: string; readonly port: number };
  /** Sends to where it came from, from the address that it came to. What the system does not take is lost, as on a network. */
  reply(bytes: Uint8Array): void;
}

/** Binds `host:port` for datagrams. `onLost` hears when the system takes the socket away. */
export function bindDatagrams(
  { host, port }: { readonly host: string; readonly port: Port },
  { onDatagram, onLost }: {
    readonly onDatagram: (datagram: Datagram) => void;
    readonly onLost: (message: string) => void;
  },
): Promise<BindResult> {
  return new Promise((resolve) => {
    const socket = datagramSocket(host);
    const failed = (error: Error) => {
      socket.close();
      resolve({ kind: "failed", ...bindFailure(error) });
    };
    socket.once("error", failed);
    socket.on("message", (bytes, { address, port }) => {
      onDatagram({
        bytes,
        from: { host: address, port },
        reply: (answer) => send(socket, { bytes: answer, host: address, port }),
      });
    });
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.off("error", failed);
      socket.on("error", (error) => onLost(errorCode(error)));
      resolve({ kind: "bound", bound: { host, port, close: () => closeSocket(socket) } });
    });
  });
}

/** A socket of the family of `host`, which is an address and never a name. */
export function datagramSocket(host: string): Socket {
  const family = host.includes(":") ? 6 : 4;
  return createSocket({
    type: family === 6 ? "udp6" : "udp4",
    lookup: (address, _options, done) => done(null, address, family),
  });
}

/** Sends one datagram. One that the system does not take is lost, as on a network. */
export function send(
  socket: Socket,
  { bytes, host, port }: { readonly bytes: Uint8Array; readonly host: string; readonly port: number },
): void {
  socket.send(bytes, 0, bytes.length, port, host, () => {});
}

/** Closes a socket; resolves when its address is free. */
export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
