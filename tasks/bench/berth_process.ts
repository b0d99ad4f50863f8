import { connectControl } from "../../src/control/client.ts";
import { systemClock } from "../../src/host/clock.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";
import { baseDirectories, workspacePaths } from "../../src/state/paths.ts";
import { lasts, until } from "./shell.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** A forward of the file that is measured. */
export interface BenchForward {
  readonly name: string;
  readonly port: number;
  readonly local: number;
}

/** A `deno task up` as a person starts it, with a state folder of its own. */
export class BerthProcess {
  readonly #child: Deno.ChildProcess;
  readonly #socket: string;
  readonly #said: string[] = [];
  readonly #read: Promise<unknown>;
  readonly #count: number;

  private constructor(child: Deno.ChildProcess, socket: string, count: number) {
    this.#child = child;
    this.#socket = socket;
    this.#count = count;
    this.#read = Promise.all([this.#keep(child.stdout), this.#keep(child.stderr)]);
  }

  /** Starts it on a file made of `forwards`, all of them to the benchmark's service by `route`. */
  static async start(
    forwards: readonly BenchForward[],
    { home, kubeconfig, context, route }: {
      readonly home: string;
      readonly kubeconfig: string;
      readonly context: string;
      readonly route: "direct" | "tunnel";
    },
  ): Promise<BerthProcess> {
    const folder = await Deno.realPath(await Deno.makeTempDir({ dir: home }));
    const file = `${folder}/forwards.yaml`;
    await Deno.writeTextFile(
      file,
      [
        "version: 1",
        `defaults: { route: ${route}, bind: [127.0.0.1] }`,
        "clusters:",
        `  bench: { kubeconfig: ${JSON.stringify(kubeconfig)}, context: ${JSON.stringify(context)} }`,
        "forwards:",
        ...forwards.map(({ name, port, local }) =>
          `  ${name}: { cluster: bench, service: default/box, port: ${port}, local: ${local} }`
        ),
        "",
      ].join("\n"),
    );
    const env: Readonly<Record<string, string>> = {
      XDG_STATE_HOME: `${folder}/state`,
      XDG_RUNTIME_DIR: `${folder}/run`,
    };
    const child = lasts(new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "up", "-f", file],
      cwd: ROOT,
      env: { ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn());
    const { socket } = await workspacePaths(baseDirectories({ env: (name) => env[name], home: folder }), file);
    return new BerthProcess(child, socket, forwards.length);
  }

  /** The process that a person started: `deno task`, which has berth as its child. */
  get taskPid(): number {
    return this.#child.pid;
  }

  /** Waits until every forward is Active; berth's own process id. */
  async active(limit = 120_000): Promise<number> {
    let last = "no status yet";
    const ask = async (): Promise<number | null> => {
      const status = await this.#status();
      if (status === null) return null;
      const active = status.forwards.filter((one) => one.status === "Active").length;
      last = `${active} of ${this.#count} Active`;
      return active === this.#count ? status.pid : null;
    };
    try {
      return await until(ask, "all forwards Active", limit);
    } catch (error) {
      throw new Error(`${last}; it said:\n${this.#said.join("").slice(-2000)}`, { cause: error });
    }
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    const client = await this.#connect();
    try {
      if (client === null) this.#child.kill("SIGTERM");
      else await client.down(AbortSignal.timeout(5_000));
    } finally {
      client?.close();
    }
    await this.#child.status;
    await this.#read;
  }

  async #status(): Promise<StatusDocument | null> {
    const client = await this.#connect();
    try {
      return await client?.status(AbortSignal.timeout(5_000)) ?? null;
    } catch {
      return null;
    } finally {
      client?.close();
    }
  }

  #connect(): ReturnType<typeof connectControl> {
    return connectControl(this.#socket, { clock: systemClock(), signal: AbortSignal.timeout(10_000) });
  }

  async #keep(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) this.#said.push(text);
  }
}
