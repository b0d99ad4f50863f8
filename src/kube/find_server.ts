import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import { linkAbort, orAbort } from "./abort.ts";
import { addressesInside, clusterNetwork, isOwnHost, type ServerAddress } from "./reachable.ts";

/** Whether an address takes a TCP connection. Rejects only when aborted. */
export type Accepts = (address: ServerAddress, signal: AbortSignal) => Promise<boolean>;

/** What finding the server needs to know. */
export interface FindOptions {
  readonly context: string;
  readonly clusterName: string;
  /** Whether this process runs in a container. Asked only where the server is written as this machine itself. Absent: it does not. */
  readonly inContainer?: () => Promise<boolean>;
  /** Instead of a real connection. */
  readonly accepts?: Accepts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Where the API server is. */
export interface FoundServer {
  readonly server: URL;
  /** Why it is not the address that is written; null where it is. */
  readonly note: string | null;
}

/** One address may take this long to accept, in milliseconds: they are all on this machine. */
const PATIENCE = 1_500;

/**
 * The address to use for a server as the kubeconfig has it. In a container, `127.0.0.1` is the container, and a kubeconfig made on the
 * host leads nowhere: the first address inside that accepts a connection is taken then. Everywhere else nothing is dialled.
 * Rejects with `AccessError("cluster-unreachable")` where nothing accepts.
 */
export async function findServer(written: URL, options: FindOptions): Promise<FoundServer> {
  const server = new URL(written);
  // k3d writes the address it listens on; to dial it works on some systems only.
  if (server.hostname === "0.0.0.0") server.hostname = "127.0.0.1";
  if (server.hostname === "[::]") server.hostname = "[::1]";
  const asWritten = { server, note: null };
  if (!isOwnHost(written.hostname) || await options.inContainer?.() !== true) return asWritten;
  if (await isAccepted(addressOf(server), options)) return asWritten;
  const hints = { ...options, port: addressOf(server).port };
  const tried: string[] = [];
  for (const address of addressesInside(hints)) {
    const at = `${address.host}:${address.port}`;
    if (await isAccepted(address, options)) {
      const found = new URL(server);
      found.host = at;
      return {
        server: found,
        note: `using ${at}: ${written.host} of the kubeconfig is this container itself, and nothing answers there`,
      };
    }
    tried.push(at);
  }
  const network = clusterNetwork(hints) ?? "NETWORK";
  throw new AccessError(
    "cluster-unreachable",
    `${written.host} of the kubeconfig is this container itself, and nothing answers there, nor at ${
      tried.join(", ")
    }: ` +
      `does the cluster run, and is this container on its network (docker network connect ${network} CONTAINER)?`,
  );
}

function addressOf(server: URL): ServerAddress {
  const usual = server.protocol === "https:" ? 443 : 80;
  return {
    host: server.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: server.port === "" ? usual : Number(server.port),
  };
}

async function isAccepted(
  address: ServerAddress,
  { accepts = acceptsTcp, clock, signal }: FindOptions,
): Promise<boolean> {
  signal.throwIfAborted();
  const limit = linkAbort(signal);
  const cancel = clock.after(PATIENCE, () => limit.abort(new Error("it took too long")));
  try {
    return await accepts(address, limit.signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (limit.signal.aborted) return false;
    throw error;
  } finally {
    cancel();
    limit.unlink();
  }
}

/** Connects, and hangs up at once. A name that cannot be looked up counts as no. */
export async function acceptsTcp({ host, port }: ServerAddress, signal: AbortSignal): Promise<boolean> {
  const connecting = Deno.connect({ hostname: host, port, signal });
  // Looking a name up cannot be stopped: what comes of it later is closed.
  const closed = connecting.then((connection) => connection.close());
  try {
    await orAbort(closed, signal);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
