import type { Clock } from "../model/world.ts";
import type { HttpReply } from "./http1.ts";
import { apiVersion, type KubeObject, type ResourceType } from "./objects.ts";
import { type Match, parseFieldSelector, parseLabelSelector } from "./selectors.ts";
import { ApiError, badRequest, expired } from "./status_error.ts";
import type { Change, Store } from "./store.ts";

const json = { "content-type": "application/json" };
/** A watcher that is this many changes behind is cut. */
const maxBehind = 1000;
const bookmarkEvery = 60_000;

/** What a list or watch is about. */
export interface Selection {
  readonly type: ResourceType<KubeObject>;
  readonly namespace: string | undefined;
  readonly query: URLSearchParams;
}

/** An open watch. */
export interface Watch {
  /** Cuts its connection. */
  cut(): void;
}

/** The objects that a selection means. Throws `ApiError` for selectors that are none. */
function matchOf(query: URLSearchParams): Match {
  const byLabels = parseLabelSelector(query.get("labelSelector") ?? "");
  if (byLabels === undefined) throw badRequest(`unable to parse requirement: ${query.get("labelSelector")}`);
  const byFields = parseFieldSelector(query.get("fieldSelector") ?? "");
  if (byFields === undefined) throw badRequest(`field label not supported: ${query.get("fieldSelector")}`);
  return (object) => byLabels(object) && byFields(object);
}

/** A list, or the page of it that `limit` and `continue` ask for. Items carry no kind, as in the real API. */
export function list(
  store: Store,
  selection: Selection,
): Readonly<Record<string, unknown>> & { readonly items: readonly KubeObject[] } {
  const { type, namespace, query } = selection;
  const from = parseContinue(query.get("continue") ?? "");
  if (from !== undefined && store.changesSince(from.revision) === undefined) {
    throw expired("The provided continue parameter is too old to display a consistent list result.");
  }
  const match = matchOf(query);
  const after = store.collection(type.name).list(namespace)
    .filter((object) => match(object) && (from === undefined || keyOf(object) > from.key));
  const limit = Number(query.get("limit") ?? 0) || after.length;
  const items = after.slice(0, limit);
  const last = items.at(-1);
  const revision = from?.revision ?? store.revision;
  const more = last !== undefined && after.length > items.length
    ? { continue: btoa(JSON.stringify([revision, keyOf(last)])), remainingItemCount: after.length - items.length }
    : {};
  return {
    kind: `${type.kind}List`,
    apiVersion: apiVersion(type),
    metadata: { resourceVersion: String(revision), ...more },
    items: items.map(({ kind: _kind, apiVersion: _version, ...rest }) => rest),
  };
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function parseContinue(text: string): { readonly revision: number; readonly key: string } | undefined {
  if (text === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(atob(text));
    if (Array.isArray(parsed) && typeof parsed[0] === "number" && typeof parsed[1] === "string") {
      return { revision: parsed[0], key: parsed[1] };
    }
  } catch {
    // Said below.
  }
  throw badRequest("continue key is not valid");
}

/** Serves a watch until its time is up, the client leaves or a switch ends it. */
export async function watch(
  selection: Selection,
  options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly reply: HttpReply;
    readonly open: Set<Watch>;
    /** Answers as if the version asked for were too old. */
    readonly expire: boolean;
    readonly stopped: AbortSignal;
  },
): Promise<void> {
  const { store, clock, reply } = options;
  const { type, namespace, query } = selection;
  const match = matchOf(query);
  const from = query.get("resourceVersion") ?? "";
  if (!/^\d*$/.test(from)) {
    throw badRequest(`Invalid value: "${from}": strconv.ParseUint: parsing "${from}": invalid syntax`);
  }
  if (query.has("sendInitialEvents")) {
    throw new ApiError({
      code: 422,
      reason: "Invalid",
      message:
        'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    });
  }
  const isMeant = (object: KubeObject) =>
    (namespace === undefined || object.metadata.namespace === namespace) && match(object);
  const queue: string[] = [];
  let wake = () => {};
  let over = false;
  const push = (eventType: string, object: unknown) => {
    queue.push(`${JSON.stringify({ type: eventType, object })}\n`);
    wake();
  };
  const end = () => {
    over = true;
    wake();
  };
  const offer = (change: Change) => {
    if (change.resource !== type.name) return;
    const event = eventOf(change, isMeant);
    if (event !== undefined) push(event, change.object);
  };
  const since = Number(from);
  const past = since === 0 ? [] : store.changesSince(since);
  if (past === undefined || options.expire) {
    push("ERROR", expired(`too old resource version: ${from} (${store.revision})`).toStatus());
    end();
  } else if (since === 0) {
    for (const object of store.collection(type.name).list(namespace).filter(isMeant)) push("ADDED", object);
  } else past.forEach(offer);
  const unsubscribe = over ? () => {} : store.subscribe(offer);
  const timers: (() => void)[] = [];
  try {
    const body = await reply.stream(200, json);
    const entry: Watch = { cut: () => body.cut() };
    options.open.add(entry);
    timers.push(() => options.open.delete(entry));
    const bookmarks = query.get("allowWatchBookmarks") === "true" || query.get("allowWatchBookmarks") === "1";
    const bookmark = () =>
      push("BOOKMARK", {
        kind: type.kind,
        apiVersion: apiVersion(type),
        metadata: { resourceVersion: String(store.revision) },
      });
    const seconds = Number(query.get("timeoutSeconds") ?? 0);
    if (seconds > 0) {
      timers.push(clock.after(seconds * 1000, () => {
        if (bookmarks) bookmark();
        end();
      }));
    }
    if (bookmarks) repeat(clock, { every: bookmarkEvery, action: bookmark, timers });
    body.gone.addEventListener("abort", end, { once: true });
    options.stopped.addEventListener("abort", end, { once: true });
    timers.push(() => options.stopped.removeEventListener("abort", end));
    if (body.gone.aborted || options.stopped.aborted) end();
    while (true) {
      const next = queue.splice(0).join("");
      if (next !== "") await body.write(next);
      else if (over) break;
      else {
        const woken = Promise.withResolvers<void>();
        wake = woken.resolve;
        await woken.promise;
      }
      if (queue.length > maxBehind) break;
    }
    if (!body.gone.aborted) await body.end();
  } finally {
    unsubscribe();
    for (const stop of timers) stop();
  }
}

/** Runs `action` again and again; the newest way to stop that takes its place in `timers`. */
function repeat(
  clock: Clock,
  options: { readonly every: number; readonly action: () => void; readonly timers: (() => void)[] },
): void {
  let stop = () => {};
  const again = () => {
    stop = clock.after(options.every, () => {
      options.action();
      again();
    });
  };
  again();
  options.timers.push(() => stop());
}

/** What a watcher of `isMeant` sees of a change: an object that leaves the selection is deleted to it, one that enters is added. */
function eventOf(change: Change, isMeant: Match): Change["type"] | undefined {
  const was = change.previous !== undefined && isMeant(change.previous);
  const is = change.type !== "DELETED" && isMeant(change.object);
  if (is) return was ? "MODIFIED" : "ADDED";
  return was ? "DELETED" : undefined;
}
