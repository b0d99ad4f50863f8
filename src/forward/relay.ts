import { type Duplex, type FlowEnd, StreamError } from "../model/stream.ts";
import { NetSocket } from "./net_socket.ts";
import { socketFailure } from "./socket_errors.ts";

/** Hears of the bytes as the client sees them: `in` from the client, `out` to the client. */
export interface ByteCount {
  in(bytes: number): void;
  out(bytes: number): void;
}

/** How a relayed connection ended. `client`: the client cancelled, which is no failure of anybody. */
export type RelayEnd =
  | { readonly kind: "done" }
  | { readonly kind: "client"; readonly error: StreamError }
  | { readonly kind: "backend"; readonly error: StreamError };

/**
 * Joins a client and a backend until both directions have ended. Each direction ends by itself (half-close); when one side breaks,
 * the other one is reset. Never rejects; both are closed when it resolves. Takes no timer: a dead peer is the carrier's to notice.
 */
export async function relay(client: Duplex, backend: Duplex, count: ByteCount): Promise<RelayEnd> {
  let end: RelayEnd = { kind: "done" };
  const watch = async (how: Promise<FlowEnd>, from: "client" | "backend"): Promise<void> => {
    const pumped = await how;
    // The first break is the cause; what the resets below break after it is not.
    if (pumped.kind === "eof" || end.kind !== "done") return;
    const to = from === "client" ? "backend" : "client";
    end = { kind: pumped.side === "from" ? from : to, error: pumped.error };
    client.reset();
    backend.reset();
  };
  await Promise.all([
    watch(pump(client, backend, count.in), "client"),
    watch(pump(backend, client, count.out), "backend"),
  ]);
  client.close();
  backend.close();
  return end;
}

/** Hands on what `from` sends until its end of stream, which `to` then gets as well. Never rejects. */
export function pump(from: Duplex, to: Duplex, count: (bytes: number) => void): Promise<FlowEnd> {
  return to instanceof NetSocket && from.flow !== undefined ? from.flow(to, count) : copy(from, to, count);
}

async function copy(from: Duplex, to: Duplex, count: (bytes: number) => void): Promise<FlowEnd> {
  let side: "from" | "to" = "from";
  try {
    for (;;) {
      side = "from";
      const bytes = await from.read();
      side = "to";
      if (bytes === null) {
        await to.closeWrite();
        return { kind: "eof" };
      }
      count(bytes.length);
      await to.write(bytes);
    }
  } catch (error) {
    return { kind: "broken", side, error: error instanceof StreamError ? error : socketFailure(error) };
  }
}
