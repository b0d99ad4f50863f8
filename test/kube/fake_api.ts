import { makeCertificates } from "../../src/sandbox/certificates.ts";

/** An object as the API gives it. */
export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
}

/** What a request is answered with instead of the truth; undefined: the truth. */
export type Meddle = (request: Request, url: URL) => Response | Promise<Response | undefined> | undefined;

interface Watcher {
  readonly path: string;
  send(event: unknown): void;
  end(): void;
  cut(): void;
}

interface Change {
  readonly version: number;
  readonly path: string;
  readonly event: unknown;
}

/** A small Kubernetes API on loopback: lists in pages, watches from a version, 410 for what it has forgotten. */
export class FakeApi {
  readonly requests: string[] = [];
  meddle: Meddle = () => undefined;
  /** Versions below this are forgotten. */
  oldest = 0;
  version = 100;
  /** Objects per page at most, whatever is asked for. */
  page = 1000;
  readonly #objects = new Map<string, Map<string, FakeObject>>();
  readonly #watchers = new Set<Watcher>();
  readonly #changes: Change[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #tls: boolean;

  constructor(options: { readonly cert?: string; readonly key?: string; readonly port?: number } = {}) {
    const { cert, key, port = 0 } = options;
    this.#tls = cert !== undefined;
    const listen = {
      hostname: "127.0.0.1",
      port,
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    };
    const handler = (request: Request) => this.#answer(request);
    this.#server = cert !== undefined && key !== undefined
      ? Deno.serve({ ...listen, cert, key }, handler)
      : Deno.serve(listen, handler);
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `${this.#tls ? "https" : "http"}://127.0.0.1:${this.port}`;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Adds or replaces; `path` is the collection's, for example `/api/v1/namespaces/default/pods`. */
  put(path: string, object: FakeObject): void {
    const there = this.#collection(path);
    const type = there.has(object.metadata.name) ? "MODIFIED" : "ADDED";
    const stamped = this.#stamp(object);
    there.set(object.metadata.name, stamped);
    this.#emit(path, { type, object: stamped });
  }

  remove(path: string, name: string): void {
    const there = this.#collection(path);
    const object = there.get(name);
    if (object === undefined) throw new Error(`no ${name} in ${path}`);
    there.delete(name);
    this.#emit(path, { type: "DELETED", object: this.#stamp(object) });
  }

  /** Sends an event that is no change: a bookmark, an error. */
  say(path: string, event: unknown): void {
    for (const watcher of this.#watchers) if (watcher.path === path) watcher.send(event);
  }

  /** Ends watches in good order (`end`) or in the middle of the answer (`cut`). */
  drop(how: "end" | "cut"): void {
    for (const watcher of [...this.#watchers]) watcher[how]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop("end");
    await this.#server.shutdown();
  }

  #collection(path: string): Map<string, FakeObject> {
    let there = this.#objects.get(path);
    if (there === undefined) this.#objects.set(path, there = new Map());
    return there;
  }

  #stamp(object: FakeObject): FakeObject {
    this.version++;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version) } };
  }

  #emit(path: string, event: unknown): void {
    this.#changes.push({ version: this.version, path, event });
    for (const watcher of this.#watchers) if (watcher.path === path) watcher.send(event);
  }

  async #answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    this.requests.push(`${url.pathname}${url.search}`);
    const meddled = await this.meddle(request, url);
    if (meddled !== undefined) return meddled;
    if (url.pathname === "/version") return Response.json({ gitVersion: "v1.31.4" });
    return url.searchParams.get("watch") === "1" ? this.#watch(url) : this.#list(url);
  }

  #list(url: URL): Response {
    const all = [...this.#collection(url.pathname).values()];
    const from = Number(url.searchParams.get("continue") ?? "0");
    const size = Math.min(this.page, Number(url.searchParams.get("limit") ?? "1000"));
    const rest = from + size < all.length ? { continue: String(from + size) } : {};
    return Response.json({
      metadata: { resourceVersion: String(this.version), ...rest },
      items: all.slice(from, from + size),
    });
  }

  #watch(url: URL): Response {
    const since = Number(url.searchParams.get("resourceVersion"));
    if (since < this.oldest) return status(410, "too old resource version");
    const encoder = new TextEncoder();
    let end = () => {};
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const watcher: Watcher = {
          path: url.pathname,
          send: (event) => controller.enqueue(encoder.encode(`${JSON.stringify(event)}\n`)),
          end: () => {
            this.#watchers.delete(watcher);
            controller.close();
          },
          cut: () => {
            this.#watchers.delete(watcher);
            controller.error(new Error("cut"));
          },
        };
        this.#watchers.add(watcher);
        end = () => this.#watchers.delete(watcher);
        for (const { path, version, event } of this.#changes) {
          if (path === url.pathname && version > since) watcher.send(event);
        }
      },
      cancel: () => end(),
    });
    return new Response(body, { headers: { "content-type": "application/json" } });
  }
}

/** A failure as the API server says it. */
export function status(code: number, message: string): Response {
  return Response.json({ kind: "Status", status: "Failure", code, message }, { status: code });
}

/** Certificates for a server on 127.0.0.1. */
export function certificates(): Promise<{ readonly ca: string; readonly cert: string; readonly key: string }> {
  return makeCertificates(Date.now());
}

/** A kubeconfig with one context, as JSON (which is YAML). */
export function kubeconfigText(
  server: string,
  { cluster = {}, user = {} }: {
    readonly cluster?: Readonly<Record<string, unknown>>;
    readonly user?: Readonly<Record<string, unknown>>;
  } = {},
): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "main",
    clusters: [{ name: "one", cluster: { server, ...cluster } }],
    users: [{ name: "me", user }],
    contexts: [{ name: "main", context: { cluster: "one", user: "me" } }],
  });
}
