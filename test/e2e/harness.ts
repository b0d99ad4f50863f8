/** What the end-to-end tests share: the real command line, kubectl, and clients that look at ports. */
import assert from "node:assert/strict";

export const kubeconfig: string = Deno.env.get("BERTH_E2E_KUBECONFIG") ?? "";
export const context: string = Deno.env.get("BERTH_E2E_CONTEXT") ?? "";
/** True where `deno task e2e` made a cluster; run alone, the tests are ignored. */
export const here: boolean = kubeconfig !== "";

const root = new URL("../..", import.meta.url).pathname;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. */
export async function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; kubeconfig?: string } = {},
): Promise<Ran> {
  const child = new Deno.Command(program, {
    args: [...args],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { KUBECONFIG: options.kubeconfig ?? kubeconfig },
    stdin: options.input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** kubectl on the test's cluster; fails the test when it fails. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const ran = await run("kubectl", ["--context", context, ...args], input === undefined ? {} : { input });
  assert.equal(ran.code, 0, `kubectl ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout;
}

/** `deno task VERB …`, with the permissions that a person's call has. */
export function berth(...args: string[]): Promise<Ran> {
  return run(Deno.execPath(), ["task", "--quiet", ...args], { cwd: root });
}

/** A running `deno task up -f FILE`, and its printed lines. */
export class Up implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #file: string;
  readonly #read: Promise<void>;

  constructor(file: string, extra: readonly string[] = []) {
    this.#file = file;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "up", "-f", file, ...extra],
      cwd: root,
      env: { KUBECONFIG: kubeconfig },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#read = Promise.all([this.#collect(this.#child.stdout), this.#collect(this.#child.stderr)]).then(() => {});
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      const parts = (rest + text).split("\n");
      rest = parts.pop() ?? "";
      this.lines.push(...parts);
    }
    if (rest !== "") this.lines.push(rest);
  }

  /** The status document; retried while the daemon is not there yet. */
  async status(): Promise<StatusDocument> {
    const ran = await berth("status", "-f", this.#file, "-o", "json");
    assert.ok(
      ran.stdout.startsWith("{"),
      `status said: ${ran.stdout}${ran.stderr}\nup said:\n${this.lines.join("\n")}`,
    );
    return JSON.parse(ran.stdout) as StatusDocument;
  }

  /** Waits until every forward is Active. */
  async active(limit = 90_000): Promise<StatusDocument> {
    return await until(async () => {
      const ran = await berth("status", "-f", this.#file, "-o", "json");
      if (!ran.stdout.startsWith("{")) return null;
      const document = JSON.parse(ran.stdout) as StatusDocument;
      return document.forwards.length > 0 && document.forwards.every((one) => one.status === "Active")
        ? document
        : null;
    }, { limit, what: () => `all Active; up said:\n${this.lines.join("\n")}` });
  }

  /** Ctrl+C, and its exit code. */
  async interrupt(): Promise<number> {
    const down = await berth("down", "-f", this.#file);
    assert.equal(down.code, 0, down.stderr);
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  /** Its exit code, once it has ended by itself or by what the test did to it. */
  async ended(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGTERM");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#read;
  }
}

export interface StatusDocument {
  readonly pid: number;
  readonly forwards: readonly {
    readonly name: string;
    readonly status: string;
    readonly reason: string | null;
    readonly route: string | null;
    readonly backend: string | null;
    readonly listen: readonly { host: string; port: number }[];
  }[];
}

/** Polls `probe` until it gives something. */
export async function until<T>(
  probe: () => Promise<T | null | undefined | false>,
  { limit = 90_000, every = 20, what }: { limit?: number; every?: number; what: string | (() => string) },
): Promise<T> {
  const end = performance.now() + limit;
  for (;;) {
    const got = await probe();
    if (got !== null && got !== undefined && got !== false) return got;
    if (performance.now() > end) assert.fail(`Not within ${limit} ms: ${typeof what === "string" ? what : what()}`);
    await sleep(every);
  }
}

/** How much slower than its bar a figure may be before a test fails: a busy machine is no fault of berth's. */
const SLACK = 10;
const STRICT = Deno.env.get("BERTH_E2E_STRICT") !== undefined;

/**
 * Says a measured time beside the bar it is held to. The test fails only far beyond the bar, where something waits that should not; with
 * `BERTH_E2E_STRICT` set, on a quiet machine, it fails at the bar itself.
 */
export function bar(
  what: string,
  { ms, limit, slack = SLACK }: { readonly ms: number; readonly limit: number; readonly slack?: number },
): void {
  say(`${what}: ${ms.toFixed(0)} ms (bar ${limit} ms${ms <= limit ? "" : ": NOT MET"})`);
  assert.ok(ms <= limit * (STRICT ? 1 : slack), `${what}: ${ms.toFixed(0)} ms`);
}

/** A measured figure, for whoever reads the run. */
export function say(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** How one short HTTP request over a new connection went. */
export type Got =
  | { readonly kind: "ok"; readonly pod: string; readonly version: string }
  | { readonly kind: "refused" | "failed" | "hung"; readonly message: string };

/** GET / on a local port, or on one of the test's node, over a connection of its own. */
export async function get(port: number, limit = 10_000, hostname = "127.0.0.1"): Promise<Got> {
  const started = performance.now();
  const late = () => performance.now() - started >= limit - 5;
  const dial = new AbortController();
  let connection: Deno.TcpConn | null = null;
  const timer = setTimeout(() => {
    dial.abort();
    try {
      connection?.close();
    } catch {
      // It was closed already.
    }
  }, limit);
  try {
    connection = await Deno.connect({ hostname, port, signal: dial.signal });
  } catch (error) {
    clearTimeout(timer);
    return { kind: late() ? "hung" : "refused", message: String(error) };
  }
  try {
    await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    let text = "";
    const buffer = new Uint8Array(4096);
    // The answer ends where its length says: the rig's container runtime waits a second before it passes the end of a stream on.
    while (!isWhole(text)) {
      const n = await connection.read(buffer);
      if (n === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, n));
    }
    const body = text.split("\r\n\r\n")[1];
    if (!text.startsWith("HTTP/1.1 200") || body === undefined) return { kind: "failed", message: text.slice(0, 80) };
    const said = JSON.parse(body) as { pod: string; version: string };
    return { kind: "ok", pod: said.pod, version: said.version };
  } catch (error) {
    return late() ? { kind: "hung", message: "no answer" } : { kind: "failed", message: String(error) };
  } finally {
    clearTimeout(timer);
    try {
      connection.close();
    } catch {
      // The timer closed it.
    }
  }
}

function isWhole(text: string): boolean {
  const [head, body] = text.split("\r\n\r\n");
  const length = /content-length: *(\d+)/i.exec(head ?? "")?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}

/** Waits until a Service's NodePort leads to a pod: nodes take it up a moment after its pods are Ready. `port` is its name. */
export async function nodePortAnswers(namespace: string, service: string, port: string): Promise<void> {
  const nodePort = await kubectl([
    ...["get", "service", "-n", namespace, service, "-o", `jsonpath={.spec.ports[?(@.name=="${port}")].nodePort}`],
  ]);
  const node = await kubectl([
    ...["get", "nodes", "-o", 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}'],
  ]);
  let last: Got | undefined;
  await until(async () => (last = await get(Number(nodePort), 2_000, node)).kind === "ok", {
    what: () => `${service} answers on ${node}:${nodePort}: ${JSON.stringify(last)}`,
  });
}

/** GET / until a pod answers; what it said. */
export async function answer(port: number, limit = 20_000): Promise<{ pod: string; version: string }> {
  let last: Got | undefined;
  return await until(async () => {
    last = await get(port);
    return last.kind === "ok" ? last : null;
  }, { limit, what: () => `an answer on port ${port}; last: ${JSON.stringify(last)}` });
}

/** A file with `text`, put in place by rename as editors do. */
export async function save(file: string, text: string): Promise<void> {
  await Deno.writeTextFile(`${file}.new`, text);
  await Deno.rename(`${file}.new`, file);
}

/** A fresh folder for one test's files. */
export async function folder(): Promise<string> {
  return await Deno.makeTempDir({ dir: Deno.env.get("BERTH_E2E_HOME") ?? "/tmp" });
}

/** Waits until what earlier tests left behind is gone: a kubelet that takes pods down opens tunnels seconds late, and no figure would be berth's. */
export async function settled(): Promise<void> {
  await until(
    async () => {
      const phases = await kubectl(["get", "namespaces", "-o", "jsonpath={.items[*].status.phase}"]);
      const pods = await kubectl(["get", "pods", "-A", "-o", "jsonpath={.items[*].metadata.deletionTimestamp}"]);
      return !phases.includes("Terminating") && pods === "";
    },
    { limit: 90_000, every: 500, what: "namespaces and pods of earlier tests to be gone" },
  );
}

/** Applies the workload of a test in a namespace of its own, and waits until its pods are Ready. */
export async function apply(namespace: string, documents: readonly unknown[]): Promise<void> {
  const items = [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, ...documents];
  await kubectl(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
}

/** A container spec of the test's only workload. */
export function box(version: string, ports: readonly { name: string; containerPort: number }[] = []): unknown {
  return {
    name: "box",
    image: "rig.local/box:1",
    imagePullPolicy: "Never",
    args: ["serve"],
    ports,
    env: [{ name: "VERSION", value: version }],
    readinessProbe: { tcpSocket: { port: 80 }, periodSeconds: 1 },
  };
}

/** A Deployment of boxes labelled `app=NAME`. */
export function deployment(namespace: string, name: string, replicas: number): unknown {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { namespace, name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 1, containers: [box(name, [{ name: "http", containerPort: 8080 }])] },
      },
    },
  };
}

/** A Service of `app=NAME`. */
export function service(namespace: string, name: string, spec: Record<string, unknown>): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: { selector: { app: name }, ...spec },
  };
}
