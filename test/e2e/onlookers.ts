/** What looks on while a cluster changes: at its pods, at Docker's events, and at ports as clients see them. */
import assert from "node:assert/strict";
import { context, get, type Got, kubeconfig, run, sleep } from "./harness.ts";

/** docker; fails the test when it fails. */
export async function docker(...args: string[]): Promise<string> {
  const ran = await run("docker", args);
  assert.equal(ran.code, 0, `docker ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout.trim();
}

/** A program that tells what happens, a line each, words apart by a space, until this is disposed of. */
class Teller implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(
    program: string,
    { args, env = {}, told }: {
      readonly args: string[];
      readonly env?: Record<string, string>;
      readonly told: (words: readonly string[]) => void;
    },
  ) {
    this.#child = new Deno.Command(program, { args, env, stdin: "null", stdout: "piped", stderr: "null" }).spawn();
    this.#read = this.#collect(told);
  }

  async #collect(told: (words: readonly string[]) => void): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) told(line.split(" "));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
    await this.#read;
  }
}

/** What became of the pods of a namespace: when each was first seen Ready, and when being deleted. Times of `performance.now()`. */
export class PodWatch implements AsyncDisposable {
  readonly ready = new Map<string, number>();
  readonly deleted = new Map<string, number>();
  readonly #teller: Teller;

  constructor(namespace: string) {
    const path =
      '{.metadata.name} {.metadata.deletionTimestamp} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}';
    this.#teller = new Teller("kubectl", {
      args: ["--context", context, "-n", namespace, "get", "pods", "-w", "-o", `jsonpath=${path}`],
      env: { KUBECONFIG: kubeconfig },
      told: ([name = "", deleted = "", ready = ""]) => {
        const now = performance.now();
        if (deleted !== "") {
          if (!this.deleted.has(name)) this.deleted.set(name, now);
        } else if (ready === "True" && !this.ready.has(name)) {
          this.ready.set(name, now);
        }
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#teller[Symbol.asyncDispose]();
  }
}

/** What Docker tells of the containers of one k3d cluster, as it happens. */
export class DockerEvents implements AsyncDisposable {
  readonly seen: { readonly action: string; readonly name: string; readonly at: number }[] = [];
  readonly #balancer: string;
  readonly #teller: Teller;

  constructor(cluster: string) {
    this.#balancer = `k3d-${cluster}-serverlb`;
    this.#teller = new Teller("docker", {
      args: [
        "events",
        ...["--filter", "type=container", "--filter", `label=k3d.cluster=${cluster}`],
        ...["--format", "{{.Action}} {{.Actor.Attributes.name}} {{.TimeNano}}"],
      ],
      told: ([action = "", name = "", nano = "0"]) => this.seen.push({ action, name, at: Number(nano) / 1e6 }),
    });
  }

  /** Every edit makes one load balancer, and only an edit does. */
  edits(since: number): number {
    return this.seen.slice(since).filter(({ action, name }) => action === "create" && name.includes("serverlb")).length;
  }

  /** When the load balancer that runs now was started, in milliseconds since 1970. */
  returned(): number {
    return this.seen.findLast(({ action, name }) => action === "start" && name.startsWith(this.#balancer))?.at ?? NaN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#teller[Symbol.asyncDispose]();
  }
}

/** A client that asks a port every 50 ms over a new connection, whatever became of the earlier ones. */
export class Visitor {
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #asked: Promise<Got>[] = [];
  readonly #answers: { readonly asked: number; readonly at: number }[] = [];

  constructor(port: number) {
    this.#timer = setInterval(() => {
      const asked = Date.now();
      this.#asked.push(
        get(port, 20_000).then((got) => {
          if (got.kind === "ok") this.#answers.push({ asked, at: Date.now() });
          return got;
        }),
      );
    }, 50);
  }

  /** When the first answer came to what was asked after a point of time. Milliseconds since 1970. */
  firstAnswer(since: number): number {
    return Math.min(...this.#answers.filter(({ asked }) => asked >= since).map(({ at }) => at));
  }

  /** How many times it got what. */
  async end(): Promise<Record<Got["kind"], number>> {
    clearInterval(this.#timer);
    const counts = { ok: 0, refused: 0, failed: 0, hung: 0 };
    for (const got of await Promise.all(this.#asked)) counts[got.kind]++;
    return counts;
  }
}

/** A download of no known end, read at about 10 MB/s. `end` says how much came, and whether it was cut before. */
export function download(port: number): { end(): Promise<{ readonly bytes: number; readonly cut: string | null }> } {
  let over = false;
  const work = (async () => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    let bytes = 0;
    try {
      const ask = "GET /bytes?n=100000000000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
      await connection.write(new TextEncoder().encode(ask));
      const buffer = new Uint8Array(1 << 18);
      while (!over) {
        const n = await connection.read(buffer);
        if (n === null) return { bytes, cut: "it ended" };
        bytes += n;
        await sleep(20);
      }
      return { bytes, cut: null };
    } catch (error) {
      return { bytes, cut: String(error) };
    } finally {
      connection.close();
    }
  })();
  return {
    end: () => {
      over = true;
      return work;
    },
  };
}
