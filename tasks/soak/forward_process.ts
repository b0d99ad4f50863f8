import type { Clock } from "../../src/model/world.ts";
import type { Held, Measure } from "./measure.ts";

const CHILD = new URL("./forward_child.ts", import.meta.url).pathname;
/** Longest wait for both forwards to be Active, in milliseconds. */
const START = 60_000;

/** A process that runs one forward by each route to the sandbox whose kubeconfig is in its folder. */
export class ForwardProcess implements AsyncDisposable {
  readonly ports: { readonly direct: number; readonly tunnel: number };
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  #rest = "";

  private constructor(child: Deno.ChildProcess, ports: ForwardProcess["ports"]) {
    this.#child = child;
    this.ports = ports;
    this.#writer = child.stdin.getWriter();
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Resolves when both forwards are Active. */
  static async start(
    home: string,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<ForwardProcess> {
    const ports = { direct: freePort(), tunnel: freePort() };
    const forward = (route: "direct" | "tunnel") =>
      `  ${route}: { cluster: soak, service: default/echo, port: 9002, local: ${ports[route]}, route: ${route} }\n`;
    await Deno.writeTextFile(
      `${home}/forwards.yaml`,
      `version: 1
defaults: { bind: 127.0.0.1 }
clusters: { soak: { kubeconfig: ./kubeconfig } }
forwards:
${forward("direct")}${forward("tunnel")}`,
    );
    const allowed = ["read", "write", "net", "env", "run", "sys"].map((one) => `--allow-${one}`);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--frozen", ...allowed, CHILD, `${home}/forwards.yaml`, home],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const started = new ForwardProcess(child, ports);
    const end = clock.monotonic() + START;
    for (;;) {
      const { forwards } = await started.#measure();
      if (forwards.length === 2 && forwards.every(({ status }) => status === "Active")) return started;
      if (clock.monotonic() > end) {
        await started[Symbol.asyncDispose]();
        throw new Error(`not Active within ${START} ms: ${JSON.stringify(forwards)}`);
      }
      await clock.sleep(50, signal);
    }
  }

  /** What it holds now. */
  async held(): Promise<Held> {
    const { forwards, ...measure } = await this.#measure();
    const open = forwards.reduce((sum, one) => sum + one.open, 0);
    return { ...measure, open, sockets: await countSockets(this.#child.pid) };
  }

  async #measure(): Promise<Measure> {
    await this.#writer.write(new TextEncoder().encode("measure\n"));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error("the process of the forwards has ended");
      this.#rest += value;
    }
    const end = this.#rest.indexOf("\n");
    const line = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end + 1);
    return JSON.parse(line) as Measure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.close();
    await this.#lines.cancel();
    await this.#child.status;
  }
}

/** Open sockets of a process, as `ls` shows them: /proc itself is closed to programs of Deno. */
async function countSockets(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ls", { args: ["-l", `/proc/${pid}/fd`], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("socket:[").length - 1;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
