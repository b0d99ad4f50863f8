/**
 * The measuring client, a process of its own so that it shares no event loop with what is measured or with what measures.
 * Reads jobs on stdin and answers on stdout, a line each, until stdin ends.
 */
import { createHash } from "node:crypto";
import type { Address, Answers, Behaviour, Job, Moved } from "./protocol.ts";

const REQUEST = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
const SLOW = new TextEncoder().encode("GET /slow?ms=1000 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
const READ_SIZE = 1024 * 1024;
const WRITE_SIZE = 512 * 1024;
const MIB = 1024 * 1024;

async function work(job: Job): Promise<Answers[Job["kind"]]> {
  switch (job.kind) {
    case "latency":
      return await latency(job);
    case "down":
    case "up":
      return await move(job);
    case "burst":
      return await burst(job);
    case "behaviour":
      return { seen: await inTime(job.limit, "hangs", (signal) => behave(job, signal)) };
    default:
      return job satisfies never;
  }
}

async function latency({ at, count, limit }: Job & { kind: "latency" }): Promise<Answers["latency"]> {
  const samples: number[] = [];
  const buffer = new Uint8Array(4096);
  let failed = 0;
  for (let i = 0; i < count; i++) {
    const seen = await inTime(limit, null, async (signal) => {
      const begun = performance.now();
      const connection = await dial(at, signal);
      await connection.write(REQUEST);
      const read = await connection.read(buffer);
      return read === null ? null : performance.now() - begun;
    });
    if (seen === null) failed++;
    else samples.push(seen);
  }
  return { samples, failed };
}

async function move({ kind, at, streams, from, until }: Job & { kind: "down" | "up" }): Promise<Moved> {
  let bytes = 0;
  let broken = 0;
  const one = async (signal: AbortSignal): Promise<void> => {
    const connection = await dial(at, signal);
    const buffer = new Uint8Array(kind === "down" ? READ_SIZE : WRITE_SIZE);
    for (;;) {
      const moved = await (kind === "down" ? connection.read(buffer) : connection.write(buffer));
      const now = Date.now();
      if (now > until) return;
      if (moved === null) throw new Error("ended early");
      if (now >= from) bytes += moved;
    }
  };
  await Promise.all(Array.from({ length: streams }, async () => {
    try {
      await guarded(one, until - Date.now() + 100);
    } catch {
      if (Date.now() < until) broken++;
    }
  }));
  return { bytes, broken };
}

async function burst({ at, count, limit }: Job & { kind: "burst" }): Promise<Answers["burst"]> {
  const begun = performance.now();
  const failures: Record<string, number> = {};
  let [ok, answered, closed] = [0, 0, 0];
  const one = async (signal: AbortSignal): Promise<void> => {
    const connection = await dial(at, signal);
    await connection.write(SLOW);
    const buffer = new Uint8Array(1024);
    let text = "";
    let done = false;
    for (;;) {
      const read = await connection.read(buffer);
      if (read === null) break;
      text += new TextDecoder().decode(buffer.subarray(0, read));
      if (!done && text.includes("done\n")) {
        done = true;
        answered = Math.max(answered, performance.now() - begun);
      }
    }
    if (!text.startsWith("HTTP/1.1 200") || !done) throw new Error("cut short");
    ok++;
    closed = Math.max(closed, performance.now() - begun);
  };
  await Promise.all(Array.from({ length: count }, async () => {
    try {
      await guarded(one, limit);
    } catch (error) {
      const words = performance.now() - begun >= limit - 5 ? "hangs" : error instanceof Error ? error.message : "?";
      failures[words] = (failures[words] ?? 0) + 1;
    }
  }));
  return { ok, answered: ok === 0 ? null : answered, closed: ok === 0 ? null : closed, failures };
}

async function behave(
  { which, at }: { readonly which: Behaviour; readonly at: Address },
  signal: AbortSignal,
): Promise<string> {
  if (which === "reset") return await meetReset(at, signal);
  const connection = await dial(at, signal);
  switch (which) {
    case "halfClose": {
      const sent = randomBytes(MIB);
      await writeAll(connection, sent);
      await connection.closeWrite();
      const text = new TextDecoder().decode(await readUntil(connection, Infinity));
      return text === `${MIB} ${createHash("sha256").update(sent).digest("hex")}\n`
        ? "yes"
        : `no: ${text.slice(0, 40)}`;
    }
    case "banner": {
      const text = new TextDecoder().decode(await readUntil(connection, 10));
      return text === "220 ready\n" ? "yes" : `no: ${text}`;
    }
    case "echo": {
      const sent = randomBytes(8 * MIB);
      const [, back] = await Promise.all([writeAll(connection, sent), readUntil(connection, sent.length)]);
      return sent.length === back.length && sent.every((byte, index) => byte === back[index]) ? "yes" : "no: altered";
    }
    default:
      return which satisfies never;
  }
}

/** How the end of a connection arrives whose server resets it at once: the reset may come as early as while connecting. */
async function meetReset(at: Address, signal: AbortSignal): Promise<string> {
  try {
    const connection = await dial(at, signal);
    return await connection.read(new Uint8Array(16)) === null ? "FIN" : "data";
  } catch (error) {
    return error instanceof Deno.errors.ConnectionReset ? "reset" : `no: ${String(error)}`;
  }
}

/** Connects; the connection is closed when the signal aborts. */
async function dial({ host, port }: Address, signal: AbortSignal): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: host, port });
  connection.setNoDelay(true);
  const close = () => {
    try {
      connection.close();
    } catch {
      // It was closed before.
    }
  };
  if (signal.aborted) close();
  else signal.addEventListener("abort", close, { once: true });
  return connection;
}

/** Runs `what` with a signal that aborts after `limit`, and when it is over. */
async function guarded<T>(what: (signal: AbortSignal) => Promise<T>, limit: number): Promise<T> {
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), Math.max(0, limit));
  try {
    return await what(end.signal);
  } finally {
    clearTimeout(timer);
    end.abort();
  }
}

/** `what`'s result; `otherwise` where it does not come in time; what went wrong in words where words are asked for. */
async function inTime<T>(limit: number, otherwise: T, what: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    return await guarded(what, limit);
  } catch (error) {
    const late = performance.now() - begun >= limit - 5;
    return late || typeof otherwise !== "string" ? otherwise : `no: ${String(error)}` as T;
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** What comes until the end of stream, or at least `length` bytes. */
async function readUntil(connection: Deno.TcpConn, length: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let have = 0;
  while (have < length) {
    const buffer = new Uint8Array(256 * 1024);
    const read = await connection.read(buffer);
    if (read === null) break;
    parts.push(buffer.subarray(0, read));
    have += read;
  }
  const all = new Uint8Array(have);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) {
    const reply = await work(JSON.parse(line) as Job).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ failed: String(error) }),
    );
    await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(reply)}\n`));
  }
}
