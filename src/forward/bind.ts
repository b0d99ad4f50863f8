import { createServer, type Server } from "node:net";
import type { Port } from "../model/port.ts";
import { NetSocket } from "./net_socket.ts";
import { errorCode } from "./socket_errors.ts";

/** Connections that the system keeps ready for us in a burst; the system's own limit may be lower. */
const BACKLOG = 4096;

/** One open listening socket. */
export interface Bound {
  readonly host: string;
  readonly port: Port;
  /** Stops listening; connections stay. Resolves when the address is free. */
  close(): Promise<void>;
}

/** Why an address could not be bound. `absent`: this machine has no such address. */
export type BindFailure = "in-use" | "forbidden" | "absent";

/** Either a listening socket or the reason why not. */
export type BindResult =
  | { readonly kind: "bound"; readonly bound: Bound }
  | { readonly kind: "failed"; readonly failure: BindFailure; readonly detail: string };

/** Binds `host:port` and accepts from then on. `onLost` hears when the system takes the socket away. */
export function bindAddress(
  { host, port }: { readonly host: string; readonly port: Port },
  { onConnection, onLost }: {
    readonly onConnection: (client: NetSocket) => void;
    readonly onLost: (message: string) => void;
  },
): Promise<BindResult> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
      onConnection(NetSocket.accepted(socket));
    });
    const failed = (error: Error) => {
      server.close();
      resolve({ kind: "failed", ...bindFailure(error) });
    };
    server.once("error", failed);
    server.listen({ host, port, backlog: BACKLOG, exclusive: true }, () => {
      server.off("error", failed);
      // An accept that fails (no file descriptors left) is told here as well: the socket goes on listening.
      server.on("error", (error) => {
        if (!server.listening) onLost(errorCode(error));
      });
      resolve({ kind: "bound", bound: { host, port, close: () => closeServer(server) } });
    });
  });
}

/** Node's callback waits for the connections as well; the listening socket itself is closed within the call. */
function closeServer(server: Server): Promise<void> {
  server.close();
  return Promise.resolve();
}

/** An error of a bind as a reason. */
export function bindFailure(error: unknown): { readonly failure: BindFailure; readonly detail: string } {
  const code = errorCode(error);
  switch (code) {
    case "EADDRINUSE":
      return { failure: "in-use", detail: code };
    case "EACCES":
    case "EPERM":
      return { failure: "forbidden", detail: code };
    default:
      return { failure: "absent", detail: code === "" ? "the system refuses it" : code };
  }
}
