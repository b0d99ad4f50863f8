import { isArn, parseTaskRef } from "../conventions/task_ref.ts";
import type { Json } from "../model/json.ts";

/** An entry of `forwards` as it is written. */
export type Entry = { readonly [key: string]: Json };

/** The flags that say where a forward leads: one of them, `tags` beside `task`. */
export interface TargetFlags {
  readonly service?: string;
  readonly pod?: string;
  readonly deployment?: string;
  readonly statefulset?: string;
  readonly selector?: string;
  readonly task?: string;
  readonly tags?: string;
}

/** What else an entry is made of. */
export interface EntryParts {
  readonly cluster: string | undefined;
  readonly target: TargetFlags;
  /** A number, or a port's name. */
  readonly port: string;
  /** A number, a range or `auto`; absent: nothing is written. */
  readonly local: string | undefined;
  readonly reconnect: boolean;
}

/** The words of a command line as an entry, or what is wrong with them. Names and ports are checked with the file they are written to. */
export function entryOf({ cluster, target, port, local, reconnect }: EntryParts): Entry | string {
  const written = Object.entries(target).filter(([key, value]) => value !== undefined && key !== "tags");
  if (written.length === 0) return "say where it leads";
  const words: Record<string, Json> = cluster === undefined ? {} : { cluster };
  for (const [key, value] of written) {
    if (key !== "selector") {
      words[key] = value;
      continue;
    }
    const [, namespace, pairs] = /^([^/]+)\/(.+)$/.exec(value) ?? [];
    const labels = pairs === undefined ? undefined : pairsOf(pairs);
    if (namespace === undefined || labels === undefined) {
      return `'${value}' is no selector: write namespace/name=value,…`;
    }
    words[key] = { namespace, labels };
  }
  if (target.tags !== undefined) {
    const tags = pairsOf(target.tags);
    if (tags === undefined) return `'${target.tags}' are no tags: write name=value,…`;
    words["tags"] = tags;
  }
  words["port"] = numberOr(port);
  if (local !== undefined) words["local"] = numberOr(local);
  if (!reconnect) words["reconnect"] = false;
  return words;
}

/** `a=1,b=2`; undefined where a part has no name. The text behind the first `=` is the value. */
function pairsOf(text: string): { readonly [name: string]: string } | undefined {
  const pairs: Record<string, string> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    if (at <= 0) return undefined;
    pairs[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return pairs;
}

/**
 * The names that a forward may get that was started without one, the best first: the service's or tags' own name, the same
 * behind its cluster, the same with its port. They depend on the target alone, so that the same command gives the same name.
 */
export function namesFor(entry: Entry): readonly string[] {
  const { service, task, tags, port } = entry;
  const words = ((): readonly string[] => {
    if (typeof service === "string") {
      const [cluster = "", name = ""] = service.split("/");
      return [name, `${cluster}-${name}`];
    }
    if (typeof task !== "string") return [];
    if (typeof tags === "object" && tags !== null && !Array.isArray(tags)) {
      const name = Object.values(tags).join("-");
      return [name, `${task}-${name}`];
    }
    const id = isArn(task) || task.includes("/") ? parsedId(task) : task;
    return [`task-${id.slice(0, 8)}`, `task-${id}`];
  })();
  const all = [...words, ...words.map((word) => `${word}-${String(port)}`)];
  return [...new Set(all.map(asName).filter((name) => name !== ""))];
}

function parsedId(task: string): string {
  const parsed = parseTaskRef(task);
  return typeof parsed === "string" ? task.slice(task.lastIndexOf("/") + 1) : parsed.id;
}

/** Letters, digits, `.`, `_` and `-`, up to 63: what a forward may be called. */
function asName(text: string): string {
  return text.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

/** Whether two entries lead to the same place; `anyPort`: whatever their ports. */
export function sameTarget(a: unknown, b: Entry, { anyPort = false }: { readonly anyPort?: boolean } = {}): boolean {
  if (typeof a !== "object" || a === null) return false;
  const found = new Map(Object.entries(a));
  return ["cluster", "service", "task", "tags", ...(anyPort ? [] : ["port"])].every((key) =>
    JSON.stringify(found.get(key) ?? null) === JSON.stringify(b[key] ?? null)
  );
}

function numberOr(text: string): number | string {
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
