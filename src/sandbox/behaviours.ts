import { createHash } from "node:crypto";
import type { Duplex } from "../model/stream.ts";
import type { Clock } from "../model/world.ts";
import { type HttpReply, type HttpRequest, serveHttp } from "./http1.ts";

/**
 * What a container port does with a connection:
 * - `page`: HTTP with a small friendly page at `/`; `json`: HTTP, `/` says `{pod, host, path, version}`. Both also have
 *   `/status?code=`, `/slow?ms=` and `/bytes?n=`;
 * - `echo`; `banner`: speaks first, then echoes; `digest`: size and SHA-256 of what came, after the client's end of stream;
 * - `sink`: swallows, then says how much; `source`: sends for ever; `hang`: accepts and says nothing; `reset`: a reset at once.
 */
export type Behaviour = (typeof behaviourNames)[number];

/** All behaviours, for checking names. */
export const behaviourNames = [
  "page",
  "json",
  "echo",
  "banner",
  "digest",
  "sink",
  "source",
  "hang",
  "reset",
] as const;

/** Who answers. */
export interface Answerer {
  readonly pod: string;
  readonly namespace: string;
  readonly version: string;
  readonly clock: Clock;
  /** Aborted when the process ends. */
  readonly stopped: AbortSignal;
}

/** Serves one connection until it ends. Never rejects; the connection is closed when it resolves. */
export async function behave(
  behaviour: Behaviour,
  options: { readonly connection: Duplex; readonly by: Answerer },
): Promise<void> {
  const { connection, by } = options;
  try {
    switch (behaviour) {
      case "page":
      case "json":
        return await serveHttp(
          connection,
          (request, reply) => answer(request, { reply, by, page: behaviour === "page" }),
        );
      case "echo":
        return await echo(connection);
      case "banner":
        await say(connection, "220 ready\n");
        return await echo(connection);
      case "digest":
        return await digest(connection);
      case "sink":
        return await sink(connection);
      case "source":
        return await source(connection);
      case "hang":
        return await hang(by.stopped);
      case "reset":
        return connection.reset();
      default:
        return behaviour satisfies never;
    }
  } catch {
    // The peer left: that is its right.
  } finally {
    connection.close();
  }
}

async function say(connection: Duplex, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

async function echo(connection: Duplex): Promise<void> {
  for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
    await connection.write(bytes);
  }
  await connection.closeWrite();
}

async function digest(connection: Duplex): Promise<void> {
  const hash = createHash("sha256");
  let size = 0;
  for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) {
    hash.update(bytes);
    size += bytes.length;
  }
  await say(connection, `${size} ${hash.digest("hex")}\n`);
  await connection.closeWrite();
}

async function sink(connection: Duplex): Promise<void> {
  let size = 0;
  for (let bytes = await connection.read(); bytes !== null; bytes = await connection.read()) size += bytes.length;
  await say(connection, `${size}\n`);
  await connection.closeWrite();
}

async function source(connection: Duplex): Promise<never> {
  const zeros = new Uint8Array(64 * 1024);
  while (true) await connection.write(zeros);
}

function hang(stopped: AbortSignal): Promise<void> {
  if (stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => stopped.addEventListener("abort", () => resolve(), { once: true }));
}

async function answer(
  request: HttpRequest,
  options: { readonly reply: HttpReply; readonly by: Answerer; readonly page: boolean },
): Promise<void> {
  const { reply, by } = options;
  const query = request.url.searchParams;
  switch (request.url.pathname) {
    case "/status": {
      const code = Number(query.get("code"));
      return await reply.send(Number.isInteger(code) && code >= 200 && code <= 599 ? code : 200);
    }
    case "/slow":
      await by.clock.sleep(Math.max(0, Number(query.get("ms")) || 0), by.stopped);
      return await reply.send(200, { body: "done\n" });
    case "/bytes":
      return await sendZeros(reply, Math.max(0, Math.floor(Number(query.get("n")) || 0)));
    default:
      return options.page ? await sendPage(request, { reply, by }) : await reply.send(200, {
        headers: { "content-type": "application/json" },
        body: `${
          JSON.stringify({
            pod: by.pod,
            host: request.headers.get("host"),
            path: request.url.pathname,
            version: by.version,
          })
        }\n`,
      });
  }
}

async function sendZeros(reply: HttpReply, count: number): Promise<void> {
  const block = new Uint8Array(64 * 1024);
  const body = await reply.start(200, { length: count });
  for (let left = count; left > 0; left -= block.length) {
    await body(left < block.length ? block.subarray(0, left) : block);
  }
}

async function sendPage(
  request: HttpRequest,
  options: { readonly reply: HttpReply; readonly by: Answerer },
): Promise<void> {
  const { pod, namespace } = options.by;
  const text = [
    "Hello from berth's sandbox.",
    "",
    `You reached pod ${pod} in namespace ${namespace}.`,
    "It is simulated in the berth process itself: no Docker, no cluster.",
    "Put your own cluster and services into forwards.yaml, save, and they appear beside this one.",
  ];
  if (request.headers.get("accept")?.includes("text/html") !== true) {
    return await options.reply.send(200, {
      headers: { "content-type": "text/plain; charset=utf-8" },
      body: `${text.join("\n")}\n`,
    });
  }
  const [title = "", ...rest] = text.filter((line) => line !== "");
  const paragraphs = rest.map((line) => `<p>${line}</p>`).join("\n");
  await options.reply.send(200, {
    headers: { "content-type": "text/html; charset=utf-8" },
    body: `<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>berth sandbox</title>
<body style="font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem">
<h1>${title}</h1>\n${paragraphs}\n</body></html>\n`,
  });
}
