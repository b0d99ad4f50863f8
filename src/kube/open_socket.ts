import { connect as connectTcp, type OnReadOpts, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import { connectionError } from "./failures.ts";
import { connectThrough } from "./proxy_connect.ts";
import type { Transport } from "./transport.ts";

/**
 * A socket to the API server, TLS done. `node:tls` and not `Deno.connectTls`, because only there can Nagle's algorithm be
 * turned off: with it, two small writes in a row cost 44 ms each time (measured), as the second waits for a delayed ACK.
 *
 * `onread`: as in `net.connect`, where the runtime can do that. The socket is paused.
 *
 * Rejects with `AccessError`; with the signal's reason when aborted; no socket is left behind.
 */
export async function openSocket(
  transport: Transport,
  { onread, ...limits }: DialLimits & { readonly onread?: OnReadOpts },
): Promise<Socket> {
  const over = await proxied(transport, limits);
  // A proxy's connection to a server without TLS is all there.
  if (over !== null && transport.server.protocol === "http:") return over;
  return await opened(dial(transport, { over, onread }), {
    to: transport.server,
    name: transport.dialling?.serverName ?? null,
    ...limits,
  });
}

/** Until when a dial may go on; `timeout` in milliseconds. */
export interface DialLimits {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly timeout: number;
}

/** A socket on which the proxy has connected to the server; null where none is to be used. */
async function proxied({ server, dialling }: Transport, limits: DialLimits): Promise<Socket | null> {
  const proxy = dialling?.proxy ?? null;
  if (proxy === null) return null;
  const host = hostOf(proxy);
  const port = portOf(proxy);
  const dialled = proxy.protocol === "https:" ? connectTls({ host, port }) : connectTcp({ host, port });
  const socket = await opened(dialled, { to: proxy, name: null, ...limits }).catch((error: unknown) => {
    if (!(error instanceof AccessError)) throw error;
    throw new AccessError("cluster-unreachable", `the proxy is not there: ${error.message}`, { cause: error });
  });
  const cut = () => socket.destroy();
  const cancel = limits.clock.after(limits.timeout, cut);
  limits.signal.addEventListener("abort", cut, { once: true });
  try {
    await connectThrough(socket, { proxy, host: hostOf(server), port: portOf(server) });
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    limits.signal.throwIfAborted();
    throw error;
  } finally {
    cancel();
    limits.signal.removeEventListener("abort", cut);
  }
}

/** Resolves when the socket is connected, TLS done. */
function opened(
  socket: Socket,
  { to: server, name, ...options }: DialLimits & { readonly to: URL; readonly name: string | null },
): Promise<Socket> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      cancel();
      signal.removeEventListener("abort", abort);
      socket.removeListener("error", failed);
      socket.removeListener("close", closed);
      act();
    };
    const fail = (reason: unknown) =>
      settle(() => {
        // What a socket still says after it was given up is nobody's business, but unheard it would end the process.
        socket.on("error", () => {});
        socket.destroy();
        reject(reason);
      });
    const abort = () => fail(signal.reason);
    const failed = (error: Error) => fail(dialError(error, { server, name: name ?? server.hostname }));
    const closed = () => fail(connectionError(new Error("closed before it was established"), server));
    const cancel = options.clock.after(
      options.timeout,
      () => fail(new AccessError("cluster-unreachable", `${server.host} did not answer within ${options.timeout} ms`)),
    );
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", failed);
    socket.once("close", closed);
    socket.once(server.protocol === "https:" ? "secureConnect" : "connect", () =>
      settle(() => {
        socket.setNoDelay(true);
        socket.pause();
        resolve(socket);
      }));
  });
}

/** `over`: a connection through a proxy; null: a new one. */
function dial(
  { server, caCerts, cert, key, dialling }: Transport,
  { over, onread }: { readonly over: Socket | null; readonly onread: OnReadOpts | undefined },
): Socket {
  const host = hostOf(server);
  const port = portOf(server);
  const reading = onread === undefined ? {} : { onread };
  if (server.protocol !== "https:") return connectTcp({ host, port, ...reading });
  const serverName = dialling?.serverName ?? null;
  // `onread` is one of tls.connect's options (Node's documentation); its types leave it out.
  const options: ConnectionOptions & { readonly onread?: OnReadOpts } = {
    host,
    port,
    ...reading,
    ...(over === null ? {} : { socket: over }),
    ALPNProtocols: ["http/1.1"],
    ...(serverName === null ? {} : { servername: serverName }),
    ...(dialling?.insecure === true ? { rejectUnauthorized: false } : {}),
    ...(caCerts === undefined ? {} : { ca: [...caCerts] }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
  return connectTls(options);
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}

/** Node's error codes in the words that `connectionError` knows. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "dns error",
  EAI_AGAIN: "dns error",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "timed out",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "UnknownIssuer",
  SELF_SIGNED_CERT_IN_CHAIN: "UnknownIssuer",
  DEPTH_ZERO_SELF_SIGNED_CERT: "UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT: "UnknownIssuer",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "UnknownIssuer",
  CERT_HAS_EXPIRED: "certificate expired",
  CERT_NOT_YET_VALID: "NotValidYet",
};

function dialError(error: Error, { server, name }: { readonly server: URL; readonly name: string }): AccessError {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return new AccessError(
      "cluster-unreachable",
      `the certificate of ${server.host} is not valid for the name "${name}"`,
      { cause: error },
    );
  }
  const words = WORDS[code];
  return connectionError(words === undefined ? error : new Error(words, { cause: error }), server);
}
