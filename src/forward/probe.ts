import { AccessError } from "../model/cluster_access.ts";
import type { ClusterStatus, SocketAddress } from "../model/status.ts";
import { type Duplex, StreamError } from "../model/stream.ts";
import type { HealthSpec } from "../model/workspace.ts";
import type { Clock } from "../model/world.ts";
import type { Established } from "./dialer.ts";
import { type Trouble, troubleOf } from "./failures.ts";
import { limited, orAbort } from "./limits.ts";

/** Runs a command: its exit code and what it said on stderr. */
export type Exec = (
  argv: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly timeout: number; readonly signal: AbortSignal },
) => Promise<{ readonly code: number; readonly stderr: string }>;

/** How a probe ended. `through` is null where the probe does not show the way (exec). */
export type ProbeResult =
  | { readonly ok: true; readonly through: Pick<Established, "destination" | "reason"> | null }
  | { readonly ok: false; readonly trouble: Trouble };

/**
 * How long a TCP probe over a tunnel waits for a refusal, in milliseconds. The pod's node answers a refused port at once; a server
 * that waits for its client to speak stays silent, and silence for this long counts as accepted.
 */
const REFUSAL_WAIT = 300;
/** How much of an HTTP answer is looked at for its status line, in bytes. */
const STATUS_LINE = 1024;

/** Checks a forward's backend once. Never rejects but for bugs and when `signal` is aborted. */
export async function runProbe(
  health: HealthSpec,
  { open, cluster, exec, listen, clock, signal }: {
    /** Opens a way to a backend, as a connection would. */
    readonly open: (signal: AbortSignal) => Promise<Established>;
    /** How the cluster is that a tunnel leads through; null where there is none. */
    readonly cluster: () => ClusterStatus | null;
    readonly exec: Exec;
    readonly listen: SocketAddress | undefined;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<ProbeResult> {
  const { probe } = health;
  const cut = limited(health.timeout, { clock, signal });
  try {
    if (probe.kind === "exec") {
      return await probeByCommand(probe.argv, { exec, listen, timeout: health.timeout, signal: cut.signal });
    }
    const way = await open(cut.signal);
    try {
      if (probe.kind === "http") await askHttp(way.stream, { ...probe, signal: cut.signal });
      else if (!way.certain && !await isHeard(way.stream, { clock, signal: cut.signal })) assertReachable(cluster());
      return { ok: true, through: way };
    } finally {
      // In good order where it was accepted in good order: a reset could show in the backend's log.
      if (way.certain && probe.kind !== "http") way.stream.close();
      else way.stream.reset();
      way.release();
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (cut.timedOut) {
      return { ok: false, trouble: { reason: "backend-timeout", message: `no answer within ${health.timeout} ms` } };
    }
    return { ok: false, trouble: troubleOf(error) };
  } finally {
    cut.end();
  }
}

/** Whether the backend said something, be it a reset; false after a while of silence. Rejects when it is refused. */
async function isHeard(
  stream: Duplex,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const wait = limited(REFUSAL_WAIT, { clock, signal });
  try {
    await orAbort(stream.read(), wait.signal);
    return true;
  } catch (error) {
    // A reset comes from a server that had accepted, as on a direct route.
    if (error instanceof StreamError && error.failure === "reset") return true;
    if (!wait.timedOut) throw error;
    return false;
  } finally {
    wait.end();
  }
}

/** Silence over a tunnel means that the backend was reached only while the API server that carries it answers. */
function assertReachable(cluster: ClusterStatus | null): void {
  if (cluster === null || cluster.reachable !== false) return;
  throw new AccessError(cluster.reason ?? "cluster-unreachable", cluster.message ?? "the cluster does not answer");
}

async function askHttp(
  stream: Duplex,
  { path, status, signal }: { readonly path: string; readonly status?: number; readonly signal: AbortSignal },
): Promise<void> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: berth-probe\r\nConnection: close\r\n\r\n`;
  await orAbort(stream.write(new TextEncoder().encode(request)), signal);
  let text = "";
  while (!text.includes("\r\n") && text.length < STATUS_LINE) {
    const bytes = await orAbort(stream.read(), signal);
    if (bytes === null) break;
    text += new TextDecoder("latin1").decode(bytes);
  }
  const code = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? NaN);
  if (Number.isNaN(code)) throw unhealthy("the answer is not HTTP");
  const healthy = status === undefined ? code >= 200 && code < 400 : code === status;
  if (!healthy) throw unhealthy(`GET ${path} answered ${code}`);
}

async function probeByCommand(
  argv: readonly string[],
  { exec, listen, timeout, signal }: {
    readonly exec: Exec;
    readonly listen: SocketAddress | undefined;
    readonly timeout: number;
    readonly signal: AbortSignal;
  },
): Promise<ProbeResult> {
  if (listen === undefined) throw unhealthy("the forward does not listen");
  const env = { BERTH_HOST: listen.host, BERTH_PORT: String(listen.port) };
  const { code, stderr } = await exec(argv, { env, timeout, signal });
  if (code === 0) return { ok: true, through: null };
  const said = stderr.trim().split("\n")[0] ?? "";
  throw unhealthy(`${argv[0] ?? "the command"} ended with ${code}${said === "" ? "" : `: ${said.slice(0, 200)}`}`);
}

/** Reached, but not well. */
function unhealthy(message: string): StreamError {
  return new StreamError("protocol", message);
}
