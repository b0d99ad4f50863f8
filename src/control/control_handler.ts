import { FORWARD_VERBS, type HistoryQuery } from "../model/forward_details.ts";
import type { Json } from "../model/json.ts";
import { keyOf } from "../model/key.ts";
import { planJson } from "../model/plan_json.ts";
import type { Clock, Log } from "../model/world.ts";
import { API_PREFIX, type Daemon } from "./daemon_api.ts";
import { eventBody } from "./event_stream.ts";
import { encodeForwards } from "./forwards_json.ts";

/** The control API as a function from requests to answers, whatever carries them. */
export interface ControlHandler {
  /** Answers one request for a path under `API_PREFIX`. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** Ends all event streams in good order. */
  end(): void;
}

/** The control API over `daemon`. */
export function controlHandler(
  daemon: Daemon,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): ControlHandler {
  const streams = new Set<() => void>();
  const stop = new AbortController();
  const { signal } = stop;
  return {
    handle: async (request) => {
      try {
        return await route(request, { daemon, clock, streams, signal });
      } catch (error) {
        log.error("A control request failed", { error, url: request.url });
        return failure(500, INTERNAL);
      }
    },
    end: () => {
      stop.abort();
      for (const end of [...streams]) end();
    },
  };
}

const INTERNAL = { code: "internal-error", message: "Internal error" } as const;

interface Context {
  readonly daemon: Daemon;
  readonly clock: Clock;
  readonly streams: Set<() => void>;
  /** Fires when the API ends. */
  readonly signal: AbortSignal;
}

/** A request for one path: the name in it where it has one, the query and the body. */
interface Asked extends Context {
  readonly name: string;
  readonly request: Request;
}

type Handler = (asked: Asked) => Response | Promise<Response>;

const ROUTES: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/status": { GET: ({ daemon }) => Response.json(daemon.status()) },
  "/forwards": { GET: ({ daemon }) => Response.json(encodeForwards(daemon.runningSpecs())) },
  "/events": { GET: events },
  "/plan": { GET: async ({ daemon, signal }) => Response.json(planJson(await daemon.plan(signal))) },
  "/approve": { POST: approve },
  "/history": { GET: history },
  "/dashboard": { GET: ({ daemon }) => Response.json({ formatVersion: 1, link: daemon.dashboard() }) },
  "/ports": {
    GET: async ({ daemon, request, signal }) => {
      const { searchParams } = new URL(request.url);
      const asked = { cluster: searchParams.get("cluster") ?? "", service: searchParams.get("service") ?? "" };
      const ports = await daemon.servicePorts(asked, signal);
      return Response.json({ formatVersion: 1, ports: [...ports] });
    },
  },
  "/hand-over": {
    POST: async ({ daemon, request }) => {
      const pid = await member(request, "pid");
      daemon.handOver(typeof pid === "number" ? pid : null);
      return accepted();
    },
  },
  "/down": {
    POST: ({ daemon }) => {
      daemon.down();
      return accepted();
    },
  },
  "/reload": {
    POST: ({ daemon }) => {
      daemon.reload();
      return accepted();
    },
  },
};

function route(request: Request, context: Context): Response | Promise<Response> {
  const { pathname } = new URL(request.url);
  const path = pathname.startsWith(`${API_PREFIX}/`) ? pathname.slice(API_PREFIX.length) : "";
  const [, name = "", verb] = FORWARD_PATH.exec(path) ?? [];
  const methods = name === "" ? own(ROUTES, path) : verb === undefined ? ONE_FORWARD : forwardVerb(verb);
  if (methods === undefined) {
    return failure(404, { code: "not-found", message: `No such path: ${pathname}. This berth speaks ${API_PREFIX}` });
  }
  const handler = own(methods, request.method);
  if (handler === undefined) {
    const allow = Object.keys(methods).join(", ");
    return failure(405, { code: "method-not-allowed", message: `Use ${allow} for ${pathname}` }, { allow });
  }
  return handler({ ...context, request, name: decodeURIComponent(name) });
}

/** `/forwards/NAME/VERB`. */
const FORWARD_PATH = /^\/forwards\/([^/]+)(?:\/([^/]+))?$/;

const ONE_FORWARD: Readonly<Record<string, Handler>> = {
  GET: ({ daemon, name }) => {
    const details = daemon.details(name);
    return details === null ? unknownForward(name) : Response.json(details);
  },
};

function forwardVerb(verb: string): Readonly<Record<string, Handler>> | undefined {
  const known = FORWARD_VERBS.find((one) => one === verb);
  if (known === undefined) return undefined;
  return {
    POST: async ({ daemon, name, request }) => {
      const to = await member(request, "to");
      const outcome = await daemon.control(name, known, typeof to === "string" ? { to } : {});
      if (outcome.status === "failed" && outcome.reason === "unknown-forward") return unknownForward(name);
      return Response.json({ formatVersion: 1, outcome });
    },
  };
}

function unknownForward(name: string): Response {
  return failure(404, { code: "unknown-forward", message: `No forward called '${name}' runs` });
}

async function approve({ daemon, request }: Asked): Promise<Response> {
  const keys = await member(request, "keys");
  const checked = Array.isArray(keys)
    ? keys.map((one: unknown) => typeof one === "string" ? keyOf(one) : undefined)
    : undefined;
  if (checked === undefined || checked.length === 0 || checked.includes(undefined)) {
    return failure(400, { code: "bad-request", message: 'The body is {"keys": ["kind:name", …]}' });
  }
  daemon.approve(checked.filter((one) => one !== undefined));
  return accepted();
}

/** One member of the object in a request's body; undefined where there is no such thing. */
async function member(request: Request, name: string): Promise<unknown> {
  const body: unknown = await request.json().catch(() => null);
  return typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
}

async function history({ daemon, request }: Asked): Promise<Response> {
  const { searchParams } = new URL(request.url);
  const since = searchParams.get("since");
  const forward = searchParams.get("forward");
  const limit = searchParams.get("limit");
  const time = since === null ? null : Date.parse(since);
  const count = limit === null ? null : Number(limit);
  if (Number.isNaN(time) || (count !== null && (!Number.isInteger(count) || count < 0))) {
    return failure(400, { code: "bad-request", message: "since is an ISO 8601 time, limit a number" });
  }
  const query: HistoryQuery = {
    ...(time === null ? {} : { since: new Date(time).toISOString() }),
    ...(forward === null ? {} : { forward }),
    ...(count === null ? {} : { limit: count }),
  };
  return Response.json({ formatVersion: 1, events: await daemon.history(query) });
}

function events({ daemon, clock, streams }: Context): Response {
  const stream = eventBody(daemon, { clock, onEnd: () => void streams.delete(stream.end) });
  streams.add(stream.end);
  return new Response(stream.body, { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
}

function accepted(): Response {
  return Response.json({ formatVersion: 1, accepted: true }, { status: 202 });
}

function failure(
  status: number,
  error: { readonly code: string; readonly message: string },
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ formatVersion: 1, error } satisfies Json, { status, headers });
}

function own<V>(record: Readonly<Record<string, V>>, name: string): V | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
