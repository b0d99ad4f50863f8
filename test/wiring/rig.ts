/** What the tests of the whole program in one process share: sandboxes, a folder with a forwards.yaml, a running `up`, clients. */
import assert from "node:assert/strict";
import type { Daemon } from "../../src/control/daemon_api.ts";
import type { GoodFile, LoadedFile, UpEnd, UpUi } from "../../src/cli/services.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createShell } from "../../src/host/shell.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import type { Plan } from "../../src/model/plan.ts";
import type { Event, ForwardStatus } from "../../src/model/status.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";
import type { Log } from "../../src/model/world.ts";
import type { PodTimes } from "../../src/sandbox/kubelet.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { deployment, type Scenario, service, statefulSet } from "../../src/sandbox/scenario.ts";
import type { Host } from "../../src/wiring/host.ts";
import { makePlan } from "../../src/wiring/plan.ts";
import { runUp } from "../../src/wiring/up.ts";
import { loadFile } from "../../src/wiring/workspace_files.ts";
import { until } from "../fakes/until.ts";

const clock = systemClock();

/** Short times, so that what the health checks find out is found out within a test. */
export const QUICK = `defaults:
  health: { every: 300ms, timeout: 3s, failures: 2 }
  backoff: { initial: 100ms, max: 400ms }
`;

/** `web` with a NodePort, `api` without, `db` that speaks first, `flow` that sends for ever on 9005 and echoes on 9002. */
export function usualScenario(): Scenario {
  return {
    manifests: [
      deployment({ name: "web", ports: [{ port: 8080, name: "http", behaviour: "json" }] }),
      service({ name: "web", type: "NodePort", ports: [{ name: "http", port: 80, targetPort: "http" }] }),
      deployment({ name: "api", ports: [{ port: 8080, name: "http", behaviour: "json" }] }),
      service({ name: "api", ports: [{ name: "http", port: 80, targetPort: "http" }] }),
      statefulSet({ name: "db", ports: [{ port: 5432, name: "db", behaviour: "banner" }] }),
      service({ name: "db", ports: [{ name: "db", port: 5432, targetPort: "db" }] }),
      deployment({ name: "flow", ports: [{ port: 9002, behaviour: "echo" }, { port: 9005, behaviour: "source" }] }),
    ],
  };
}

/** A folder of a test's own: with the state of berth, kubeconfigs and the forwards.yaml in it, and the sandboxes of the test. */
export class Rig implements AsyncDisposable {
  readonly dir: string;
  readonly file: string;
  readonly host: Host;
  readonly #sandboxes: Sandbox[] = [];
  readonly #running: Up[] = [];

  private constructor(dir: string, log: (room: string) => Log) {
    this.dir = dir;
    this.file = `${dir}/forwards.yaml`;
    const variables: Readonly<Record<string, string | undefined>> = {
      PATH: Deno.env.get("PATH"),
      XDG_STATE_HOME: `${dir}/state`,
      XDG_RUNTIME_DIR: `${dir}/run`,
    };
    const env = (name: string) => variables[name];
    this.host = {
      clock,
      random: Math.random,
      shell: createShell({ clock, env }),
      env,
      home: dir,
      cwd: dir,
      pid: Deno.pid,
      log,
    };
  }

  static async make(log: (room: string) => Log = () => NO_LOG): Promise<Rig> {
    return new Rig(await Deno.makeTempDir({ prefix: "berth-wiring-" }), log);
  }

  /** Starts a sandbox, and writes its kubeconfig as `<name>.kubeconfig` into the folder. */
  async sandbox(
    options: { name?: string; scenario?: Scenario; times?: Partial<PodTimes>; version?: string } = {},
  ): Promise<Sandbox> {
    const { name = "play", scenario = usualScenario(), times = { readyDelay: 100, stopDelay: 50 } } = options;
    const { version } = options;
    const sandbox = await startSandbox({
      clock,
      random: Math.random,
      log: NO_LOG,
      scenario,
      times,
      ...(version === undefined ? {} : { version }),
    });
    this.#sandboxes.push(sandbox);
    await this.keepKubeconfig(sandbox, name);
    return sandbox;
  }

  async keepKubeconfig(sandbox: Sandbox, name = "play"): Promise<void> {
    await Deno.writeTextFile(`${this.dir}/${name}.kubeconfig`, sandbox.kubeconfig);
  }

  /** Replaces the forwards.yaml as editors do: by a rename. `forwards`: lines of that section; clusters as in `clusters`. */
  async save(text: string): Promise<void> {
    await Deno.writeTextFile(`${this.file}.new`, text);
    await Deno.rename(`${this.file}.new`, this.file);
  }

  async load(): Promise<GoodFile> {
    return good(await loadFile(this.host, this.file));
  }

  async plan(): Promise<Plan> {
    return await makePlan(this.host, await this.load(), AbortSignal.timeout(60_000));
  }

  /** Runs `up` on the file until it is stopped, or the rig is disposed of. */
  async up(options: UpFlags = {}): Promise<Up> {
    const up = new Up(this.host, await this.load(), options);
    this.#running.push(up);
    return up;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.map((up) => up.cut()));
    await Promise.all(this.#sandboxes.map((sandbox) => sandbox.close()));
    await Deno.remove(this.dir, { recursive: true });
  }
}

function good(loaded: LoadedFile): GoodFile {
  const { workspace } = loaded;
  assert.ok(workspace !== null, JSON.stringify(loaded.diagnostics));
  return { ...loaded, workspace };
}

/** What a test starts `up` with. */
export interface UpFlags {
  readonly once?: boolean;
  readonly verbose?: boolean;
  readonly replace?: boolean;
  readonly metrics?: number;
  readonly dashboard?: number;
}

/** A running `up`, and all that it told its face. */
export class Up {
  readonly events: Event[] = [];
  readonly loaded: LoadedFile[] = [];
  readonly notes: string[] = [];
  readonly end: Promise<UpEnd>;
  readonly #drain = new AbortController();
  readonly #now = new AbortController();
  #daemon: Daemon | null = null;

  constructor(host: Host, loaded: GoodFile, options: UpFlags) {
    const ui: UpUi = {
      started: (daemon) => {
        this.#daemon = daemon;
        daemon.subscribe((event) => this.events.push(event));
      },
      reloaded: (file) => this.loaded.push(file),
      note: (line) => this.notes.push(line),
    };
    this.end = runUp(host, {
      takeOver: false,
      loaded,
      file: loaded.file,
      names: [],
      once: options.once === true,
      permissions: NO_PERMISSIONS,
      metrics: options.metrics ?? null,
      dashboard: options.dashboard ?? null,
      verbose: options.verbose === true,
      replace: options.replace === true,
      ui,
      drain: this.#drain.signal,
      now: this.#now.signal,
    });
    this.end.catch(() => {});
  }

  status(): StatusDocument {
    assert.ok(this.#daemon !== null, "up has not started");
    return this.#daemon.status();
  }

  /** The daemon itself, once it has started. */
  get daemon(): Daemon {
    assert.ok(this.#daemon !== null, "up has not started");
    return this.#daemon;
  }

  /** The record of one forward; undefined before it is there. */
  find(name: string): ForwardStatus | undefined {
    return this.#daemon?.status().forwards.find((one) => one.name === name);
  }

  forward(name: string): ForwardStatus {
    const found = this.find(name);
    assert.ok(found !== undefined, `no forward ${name}`);
    return found;
  }

  /** Waits until `holds`; what it says of a failure tells how the forwards are. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const said = () => {
      const forwards = (this.#daemon?.status().forwards ?? [])
        .map(({ name, status, reason, message }) => `${name} ${status} ${reason} ${message}`);
      const events = this.events.slice(-12).map(({ key, status, message }) => `${key} ${status} ${message}`);
      return [what, ...forwards, "events:", ...events].join("\n");
    };
    await until(holds, said);
  }

  /** Waits until these forwards, or all of the file where none is named, are Active. */
  async active(names: readonly string[] = []): Promise<void> {
    await this.until(() => {
      const all = this.#daemon?.status().forwards ?? [];
      const wanted = names.length === 0 ? all.map(({ name }) => name) : names;
      return wanted.length > 0 && wanted.every((name) => this.find(name)?.status === "Active");
    }, `Active: ${names.length === 0 ? "all" : names.join(", ")}`);
  }

  /** Waits until a forward has this status and reason. */
  async becomes(name: string, status: string, reason: string | null): Promise<ForwardStatus> {
    await this.until(() => {
      const one = this.find(name);
      return one?.status === status && one.reason === reason;
    }, `${name} ${status} ${reason}`);
    return this.forward(name);
  }

  /** Statuses with reasons that one forward went through, from event number `from` on. */
  path(name: string, from = 0): readonly string[] {
    return this.events.slice(from).filter(({ type, key }) => type === "status" && key === `forward:${name}`)
      .map(({ status, reason }) => reason === null ? `${status}` : `${status} ${reason}`);
  }

  /** As the first Ctrl+C does. */
  async stop(): Promise<UpEnd> {
    this.#drain.abort();
    return await this.end;
  }

  /** As two of them do. */
  async cut(): Promise<void> {
    this.#drain.abort();
    this.#now.abort();
    await this.end;
  }
}

/** A workspace file: `clusters` are names of kubeconfigs in the folder; `forwards` are lines of that section. */
export function fileOf(forwards: readonly string[], clusters: readonly string[] = ["play"]): string {
  const entries = clusters.map((name) => `  ${name}: { kubeconfig: ./${name}.kubeconfig }\n`).join("");
  const lines = forwards.map((line) => `  ${line}\n`).join("");
  return `version: 1\nclusters:\n${entries}${QUICK}forwards:${lines === "" ? " {}" : `\n${lines}`}\n`;
}

const given = new Set<number>();

/** A local port that is free now on both families, below those that the system hands out by itself. */
export function freePort(): number {
  for (;;) {
    const port = 11_000 + Math.floor(Math.random() * 8_000);
    if (given.has(port)) continue;
    try {
      for (const hostname of ["127.0.0.1", "::1"]) {
        try {
          Deno.listen({ hostname, port }).close();
        } catch (error) {
          if (!(error instanceof Deno.errors.AddrNotAvailable)) throw error;
        }
      }
      given.add(port);
      return port;
    } catch {
      // Taken: another one.
    }
  }
}

/** One request on a connection of its own: the body of the answer. Rejects where there is none, or after `limit` milliseconds. */
export async function get(port: number, path = "/", limit = 60_000): Promise<string> {
  using client = await Client.open(port);
  const cancel = clock.after(limit, () => client.close());
  try {
    await client.send(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    const answer = await client.rest();
    const [head = "", body = ""] = answer.split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 200/, `answer: ${JSON.stringify(answer)}`);
    return body;
  } finally {
    cancel();
  }
}

/** The name of the pod that answers. */
export async function podBehind(port: number): Promise<string> {
  const { pod } = JSON.parse(await get(port)) as { pod: string };
  return pod;
}

/** Whether anything takes a connection on 127.0.0.1. */
export async function listens(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

/** One TCP connection. */
export class Client implements Disposable {
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #closed = false;

  private constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  static async open(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  async send(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) at += await this.#conn.write(bytes.subarray(at));
  }

  /** The next bytes as text; null at the end. */
  async next(): Promise<string | null> {
    const count = await this.#conn.read(this.#buffer);
    return count === null ? null : new TextDecoder().decode(this.#buffer.subarray(0, count));
  }

  /** Everything up to the end. */
  async rest(): Promise<string> {
    let all = "";
    for (let text = await this.next(); text !== null; text = await this.next()) all += text;
    return all;
  }

  /** Reads at least `count` bytes. Rejects when they do not come. */
  async take(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const got = await this.#conn.read(this.#buffer);
      assert.ok(got !== null, "the connection ended");
      left -= got;
    }
  }

  /** Sends a word and reads it back from a backend that echoes. */
  async echo(word: string): Promise<void> {
    await this.send(word);
    let got = "";
    while (got.length < word.length) {
      const text = await this.next();
      assert.ok(text !== null, `the connection ended before '${word}' came back`);
      got += text;
    }
    assert.equal(got, word);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
