import type { Answers, Job, Moved, Reply } from "./protocol.ts";
import { lasts } from "./shell.ts";

const CLIENT = new URL("./client.ts", import.meta.url).pathname;

/** One measuring process. */
class Client {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncGenerator<string>;

  constructor() {
    this.#child = lasts(new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--frozen", "--allow-net", CLIENT],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn());
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  async run<J extends Job>(job: J): Promise<Answers[J["kind"]]> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(job)}\n`));
    const line = await this.#lines.next();
    if (line.done === true) throw new Error("the measuring client has ended");
    const reply = JSON.parse(line.value) as Reply<J["kind"]>;
    if ("failed" in reply) throw new Error(`the measuring client: ${reply.failed}`);
    return reply.answer;
  }

  async close(): Promise<void> {
    await this.#writer.close();
    await this.#child.status;
  }
}

/** Measuring processes that wait for jobs. Idle ones cost nothing. */
export class ClientPool implements AsyncDisposable {
  readonly #clients: readonly Client[];

  constructor(size: number) {
    this.#clients = Array.from({ length: size }, () => new Client());
  }

  /** Runs a job in one process. */
  async run<J extends Job>(job: J): Promise<Answers[J["kind"]]> {
    const [client] = this.#clients;
    if (client === undefined) throw new Error("no measuring client");
    return await client.run(job);
  }

  /** Moves bytes over `job.streams` streams, spread over as many processes as there are. */
  async move(job: Job & { readonly kind: "down" | "up" }): Promise<Moved> {
    const count = Math.min(this.#clients.length, job.streams);
    const moved = await Promise.all(
      this.#clients.slice(0, count).map((client, index) => {
        const streams = Math.floor(job.streams / count) + (index < job.streams % count ? 1 : 0);
        return client.run({ ...job, streams });
      }),
    );
    return {
      bytes: moved.reduce((sum, one) => sum + one.bytes, 0),
      broken: moved.reduce((sum, one) => sum + one.broken, 0),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
}
