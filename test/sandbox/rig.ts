import { parse } from "yaml";
import { systemClock } from "../../src/host/clock.ts";
import type { Log } from "../../src/model/world.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/sandbox.ts";
import { isRecord } from "../../src/sandbox/selectors.ts";

/** What the tests need of a kubeconfig. */
export interface Access {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
}

/** A running sandbox and a plain client of its API. */
export interface Rig {
  readonly sandbox: Sandbox;
  /** Warnings and errors that it logged. */
  readonly problems: string[];
  readonly access: () => Access;
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
  /** The JSON of an answer that must be 2xx. */
  readonly get: (path: string) => Promise<Record<string, unknown>>;
  readonly send: (
    method: string,
    options: { path: string; body?: unknown; type?: string },
  ) => Promise<{ status: number; json: Record<string, unknown> }>;
  /** Aborted after ten seconds: no test waits longer. */
  readonly signal: AbortSignal;
}

/** Runs a test against a sandbox of its own with quick pods. */
export async function withSandbox(
  options: Partial<SandboxOptions>,
  body: (rig: Rig) => Promise<void>,
): Promise<void> {
  const problems: string[] = [];
  const note = (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void problems.push(`${message} ${fields?.error ?? ""}`);
  const log: Log = { debug: () => {}, info: () => {}, warn: note, error: note };
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(new Error("The test took too long")), 120_000);
  const sandbox = await startSandbox({
    clock: systemClock(),
    random: Math.random,
    log,
    times: { readyDelay: 20, stopDelay: 20 },
    ...options,
  });
  const access = () => accessOf(sandbox.kubeconfig);
  const client = Deno.createHttpClient({ caCerts: [access().ca] });
  const request = (path: string, init: RequestInit = {}) =>
    fetch(new URL(path, sandbox.server), {
      ...init,
      client,
      signal: init.signal ?? stop.signal,
      headers: { authorization: `Bearer ${access().token}`, ...Object.fromEntries(new Headers(init.headers)) },
    });
  const send: Rig["send"] = async (method, { path, body, type = "application/json" }) => {
    const response = await request(path, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": type } }),
    });
    return { status: response.status, json: await record(response) };
  };
  const get: Rig["get"] = async (path) => {
    const { status, json } = await send("GET", { path });
    if (status !== 200) throw new Error(`${path}: ${status} ${json.message}`);
    return json;
  };
  try {
    await body({ sandbox, problems, access, fetch: request, get, send, signal: stop.signal });
  } finally {
    clearTimeout(timer);
    client.close();
    await sandbox.close();
  }
}

async function record(response: Response): Promise<Record<string, unknown>> {
  const value: unknown = await response.json();
  return isRecord(value) ? value : {};
}

/** Reads a kubeconfig as a client does. */
export function accessOf(kubeconfig: string): Access {
  const config: unknown = parse(kubeconfig);
  const cluster = dig(config, ["clusters", 0, "cluster"]);
  return {
    server: String(dig(cluster, ["server"])),
    ca: atob(String(dig(cluster, ["certificate-authority-data"]))),
    token: String(dig(config, ["users", 0, "user", "token"])),
  };
}

/** A value inside JSON, or undefined. */
export function dig(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (Array.isArray(at) && typeof step === "number") at = at.at(step);
    else at = isRecord(at) && typeof step === "string" ? at[step] : undefined;
  }
  return at;
}

/** The items of a list. */
export function items(list: Record<string, unknown>): readonly unknown[] {
  return Array.isArray(list.items) ? list.items : [];
}

/** The names of the items of a list. */
export function names(list: Record<string, unknown>): readonly string[] {
  return items(list).map((item) => String(dig(item, ["metadata", "name"])));
}

/** All that a connection sends until its end. */
export async function readAll(connection: Deno.Conn): Promise<string> {
  const parts: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(16 * 1024);
  for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
    parts.push(decoder.decode(buffer.subarray(0, count), { stream: true }));
  }
  return parts.join("");
}
