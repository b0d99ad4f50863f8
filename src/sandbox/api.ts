import type { Clock, Log } from "../model/world.ts";
import { discovery } from "./discovery.ts";
import type { Faults } from "./faults.ts";
import type { HttpReply, HttpRequest } from "./http1.ts";
import type { Kubelet } from "./kubelet.ts";
import type { NodePorts } from "./node_ports.ts";
import { type KubeObject, type ResourceType, resourceTypes } from "./objects.ts";
import { type OpenTunnel, servePortForward } from "./port_forward.ts";
import { list, type Watch, watch } from "./reading.ts";
import { ApiError, forbidden, noSuchPath, notFound, unauthorized } from "./status_error.ts";
import type { Store } from "./store.ts";
import { asTable, wantsTable } from "./table.ts";
import { parseBody, Writer } from "./writing.ts";

const json = { "content-type": "application/json" };

/** What a path and method of the resource API mean. */
interface Route {
  readonly type: ResourceType<KubeObject>;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly subresource: string;
}

/** What an API server is made of. */
export interface ApiOptions {
  readonly store: Store;
  readonly kubelet: Kubelet;
  readonly nodePorts: NodePorts;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: Faults;
  /** What `/version` says. */
  readonly version: string;
  readonly stopped: AbortSignal;
}

/** The API server: one call of `handle` for each request. */
export class Api {
  /** Open watches and tunnels, for the switches. */
  readonly watches = new Set<Watch>();
  readonly tunnels = new Set<OpenTunnel>();
  readonly writer: Writer;
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.writer = new Writer(options);
  }

  /** Answers one request. Rejects only when the connection is gone. */
  async handle(request: HttpRequest, reply: HttpReply): Promise<void> {
    const { faults, clock, log, stopped } = this.#options;
    try {
      if (faults.delay > 0) await clock.sleep(faults.delay, stopped);
      if (faults.refuseCredentials || request.headers.get("authorization") !== `Bearer ${faults.token}`) {
        throw unauthorized();
      }
      await this.#route(request, reply);
    } catch (error) {
      if (reply.begun) throw error;
      if (!(error instanceof ApiError)) log.error("sandbox API failed", { path: request.url.pathname, error });
      const status = error instanceof ApiError
        ? error
        : new ApiError({ code: 500, reason: "InternalError", message: "an error inside the sandbox" });
      await reply.send(status.code, { headers: json, body: JSON.stringify(status.toStatus()) });
    }
  }

  async #route(request: HttpRequest, reply: HttpReply): Promise<void> {
    const { pathname } = request.url;
    if (["/readyz", "/livez", "/healthz"].includes(pathname)) return await reply.send(200, { body: "ok" });
    const document = discovery(pathname, { version: this.#options.version, server: request.url.host });
    if (document !== undefined) return await sendJson(reply, document);
    const route = parsePath(pathname);
    if (route === undefined) throw noSuchPath();
    this.#authorize(request, route);
    if (route.subresource === "portforward") return await this.#portForward(request, { reply, route });
    if (route.subresource === "scale") return await this.#scale(request, { reply, route });
    if (route.subresource !== "" && route.subresource !== "status") throw noSuchPath();
    if (route.name === "") return await this.#onCollection(request, { reply, route });
    return await this.#onObject(request, { reply, route });
  }

  #authorize(request: HttpRequest, route: Route): void {
    const verb = verbOf(request, route);
    const resource = route.subresource === "" ? route.type.name : `${route.type.name}/${route.subresource}`;
    for (const rule of this.#options.faults.forbidden) {
      if (rule.verb !== undefined && rule.verb !== verb) continue;
      if (rule.resource !== undefined && rule.resource !== resource) continue;
      if (rule.namespace !== undefined && rule.namespace !== route.namespace) continue;
      throw forbidden(route.type, { verb, resource, name: route.name, namespace: route.namespace });
    }
  }

  async #onCollection(
    request: HttpRequest,
    options: { readonly reply: HttpReply; readonly route: Route },
  ): Promise<void> {
    const { reply, route } = options;
    const { store, clock, faults, stopped } = this.#options;
    const selection = { type: route.type, namespace: route.namespace, query: request.url.searchParams };
    switch (verbOf(request, route)) {
      case "watch": {
        const expire = faults.expireWatches > 0;
        if (expire) faults.expireWatches--;
        return await watch(selection, { store, clock, reply, open: this.watches, expire, stopped });
      }
      case "list": {
        const found = list(store, selection);
        return await sendJson(
          reply,
          wantsTable(request) ? asTable(found, { type: route.type, now: clock.now() }) : found,
        );
      }
      case "create":
        if (route.type.namespaced && route.namespace === undefined) throw methodNotAllowed();
        return await sendJson(reply, await this.writer.create(route, bodyOf(request)), 201);
      default:
        throw methodNotAllowed();
    }
  }

  async #onObject(request: HttpRequest, options: { readonly reply: HttpReply; readonly route: Route }): Promise<void> {
    const { reply, route } = options;
    const { store, clock } = this.#options;
    switch (request.method) {
      case "GET": {
        const object = store.collection(route.type.name).get(route.name, route.namespace);
        if (object === undefined) throw notFound(route.type, route.name);
        if (!wantsTable(request)) return await sendJson(reply, object);
        return await sendJson(
          reply,
          asTable({ metadata: {}, items: [object] }, { type: route.type, now: clock.now() }),
        );
      }
      case "PUT":
        return await sendJson(reply, await this.writer.update(route, { replace: bodyOf(request) }));
      case "PATCH":
        return await sendJson(reply, await this.writer.update(route, { patch: bodyOf(request) }));
      case "DELETE": {
        const left = await this.writer.remove(route, bodyOf(request));
        return await sendJson(
          reply,
          left ??
            {
              kind: "Status",
              apiVersion: "v1",
              metadata: {},
              status: "Success",
              details: { name: route.name, kind: route.type.name },
            },
        );
      }
      default:
        throw methodNotAllowed();
    }
  }

  async #scale(request: HttpRequest, options: { readonly reply: HttpReply; readonly route: Route }): Promise<void> {
    const { reply, route } = options;
    switch (request.method) {
      case "GET":
        return await sendJson(reply, this.writer.scaleOf(route));
      case "PUT":
      case "PATCH":
        return await sendJson(reply, await this.writer.scale(route, bodyOf(request)));
      default:
        throw methodNotAllowed();
    }
  }

  async #portForward(
    request: HttpRequest,
    options: { readonly reply: HttpReply; readonly route: Route },
  ): Promise<void> {
    const { store, kubelet, clock, log, faults } = this.#options;
    const pod = store.pods.get(options.route.name, options.route.namespace);
    if (pod === undefined) throw notFound(options.route.type, options.route.name);
    await servePortForward(request, {
      reply: options.reply,
      pod,
      clock,
      log,
      open: this.tunnels,
      faults,
      localPort: (port) => {
        const process = kubelet.process(pod.metadata.uid);
        return process === undefined ? "gone" : process.localPort(port) ?? "refused";
      },
    });
  }
}

function parsePath(path: string): Route | undefined {
  const match = /^(?:\/api\/v1|\/apis\/([^/]+)\/v1)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/
    .exec(path);
  if (match === null) return undefined;
  const [, group = "", namespace, plural = "", name = "", subresource = ""] = match.map((part) =>
    part === undefined ? undefined : decodeURIComponent(part)
  );
  const type = Object.values(resourceTypes).find((candidate) => candidate.group === group && candidate.name === plural);
  if (type === undefined || (namespace !== undefined && !type.namespaced)) return undefined;
  if (type.namespaced && namespace === undefined && name !== "") return undefined;
  if (subresource !== "" && subresource !== "status" && !type.subresources.includes(subresource)) return undefined;
  return { type, namespace, name, subresource };
}

function verbOf(request: HttpRequest, route: Route): string {
  const watching = request.url.searchParams.get("watch");
  switch (request.method) {
    case "GET":
    case "HEAD":
      if (route.name !== "") return "get";
      return watching === "true" || watching === "1" ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    default:
      return request.method.toLowerCase();
  }
}

function bodyOf(request: HttpRequest): unknown {
  return parseBody(request.body, request.headers.get("content-type"));
}

async function sendJson(reply: HttpReply, value: unknown, status = 200): Promise<void> {
  await reply.send(status, { headers: json, body: JSON.stringify(value) });
}

function methodNotAllowed(): ApiError {
  return new ApiError({
    code: 405,
    reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource",
  });
}
