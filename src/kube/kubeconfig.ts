import type { AccessError } from "../model/cluster_access.ts";
import { nearest } from "../model/nearest.ts";
import { kubeconfigError } from "./failures.ts";
import { isRawObject, type Raw, rawList, rawObject, rawText } from "./raw.ts";

/** What of the machine decides where a kubeconfig is. */
export interface KubeconfigPlace {
  readonly env: (name: string) => string | undefined;
  /** The user's home directory, where there is one. */
  readonly home: string | undefined;
}

/** Which kubeconfig and which of its contexts. */
export interface KubeconfigChoice {
  /** The cluster's name in the workspace, for messages. */
  readonly cluster: string;
  /** Absent: `$KUBECONFIG`, a list of files; else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** The kubeconfig itself, where it is in no file; `kubeconfig` is then of no account. A secret. */
  readonly given?: string;
  /** Absent: the current one. */
  readonly context?: string;
}

/** One context of a kubeconfig with what it names. Values are as written, but file names are absolute. Holds secrets: never log it. */
export interface KubeContext {
  readonly context: string;
  /** The name of the context's cluster entry. */
  readonly clusterName: string;
  readonly cluster: Raw;
  readonly user: Raw;
  readonly userName: string;
  /** The files that were read; none where it was given. */
  readonly files: readonly string[];
}

/** Members that name files, relative to the kubeconfig that holds them (client-go, `ResolveLocalPaths`). */
const CLUSTER_FILES = ["certificate-authority"];
const USER_FILES = ["client-certificate", "client-key", "tokenFile"];

interface Entries {
  readonly clusters: Map<string, Raw>;
  readonly contexts: Map<string, Raw>;
  readonly users: Map<string, Raw>;
  current: string | null;
}

/**
 * Reads the chosen context. Several files merge as kubectl merges them: the first to name a thing wins, missing ones are passed over.
 * Rejects with `AccessError("kubeconfig-invalid")`, whose message says what is wrong and never repeats a value.
 */
export async function readKubeContext(choice: KubeconfigChoice, place: KubeconfigPlace): Promise<KubeContext> {
  const entries: Entries = { clusters: new Map(), contexts: new Map(), users: new Map(), current: null };
  if (choice.given !== undefined) {
    const where = `the kubeconfig of cluster '${choice.cluster}'`;
    merge(entries, await parse(choice.given, where), ".");
    return select(entries, choice.context, { where, files: [] });
  }
  const { paths, optional } = kubeconfigPaths(choice, place);
  const files: string[] = [];
  for (const path of paths) {
    const text = await readText(path);
    if (text === null) {
      if (!optional) throw notFound(choice.cluster, paths);
      continue;
    }
    files.push(path);
    merge(entries, await parse(text, `kubeconfig file ${path}`), path);
  }
  if (files.length === 0) throw notFound(choice.cluster, paths);
  return select(entries, choice.context, { where: files.join(", "), files });
}

/** The files a choice means, in order. `optional`: one of a list may be missing. */
function kubeconfigPaths(
  { kubeconfig, cluster }: KubeconfigChoice,
  { env, home }: KubeconfigPlace,
): { readonly paths: readonly string[]; readonly optional: boolean } {
  const expand = (path: string) => home !== undefined && /^~[/\\]/.test(path) ? `${home}${path.slice(1)}` : path;
  if (kubeconfig !== undefined) return { paths: [expand(kubeconfig)], optional: false };
  const listed = (env("KUBECONFIG") ?? "").split(Deno.build.os === "windows" ? ";" : ":").filter((path) => path !== "");
  if (listed.length > 0) return { paths: listed.map(expand), optional: true };
  if (home === undefined) {
    throw kubeconfigError(
      `no kubeconfig for cluster '${cluster}': $KUBECONFIG is not set and there is no home directory`,
    );
  }
  return { paths: [`${home}/.kube/config`], optional: false };
}

async function readText(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw kubeconfigError(`kubeconfig file ${path} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

/** Why a file cannot be read, in words. */
export function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "it does not exist";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "this process may not read it (allow read access)";
  return error instanceof Error ? error.message : String(error);
}

function notFound(cluster: string, paths: readonly string[]): AccessError {
  return kubeconfigError(`kubeconfig file not found for cluster '${cluster}': ${paths.join(", ")}`);
}

/** `what`: what is read, for messages. */
async function parse(text: string, what: string): Promise<Raw> {
  const { parseDocument } = await import("yaml");
  // The parser's own words may quote the line, which may hold a secret: only the place is said.
  const document = parseDocument(text, { logLevel: "error" });
  const [error] = document.errors;
  if (error !== undefined) {
    const at = error.linePos?.[0];
    throw kubeconfigError(
      `${what} is broken YAML${at === undefined ? "" : ` at line ${at.line}, column ${at.col}`}`,
    );
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch {
    throw kubeconfigError(`${what} is broken YAML: an alias leads nowhere, or too far`);
  }
  if (!isRawObject(value)) {
    throw kubeconfigError(`${what} is ${value === null ? "empty" : "not a kubeconfig"}`);
  }
  return value;
}

function merge(into: Entries, from: Raw, path: string): void {
  const add = (
    map: Map<string, Raw>,
    list: unknown,
    { member, files }: { member: string; files: readonly string[] },
  ) => {
    for (const one of rawList(list).map(rawObject)) {
      const name = rawText(one["name"]);
      if (name !== null && !map.has(name)) map.set(name, absolute(rawObject(one[member]), { files, path }));
    }
  };
  add(into.clusters, from["clusters"], { member: "cluster", files: CLUSTER_FILES });
  add(into.contexts, from["contexts"], { member: "context", files: [] });
  add(into.users, from["users"], { member: "user", files: USER_FILES });
  into.current ??= rawText(from["current-context"]);
}

function absolute(entry: Raw, { files, path }: { readonly files: readonly string[]; readonly path: string }): Raw {
  const directory = directoryOf(path);
  const resolved: Record<string, unknown> = { ...entry };
  for (const member of files) {
    const file = rawText(entry[member]);
    if (file !== null) resolved[member] = resolveIn(directory, file);
  }
  const exec = rawObject(entry["exec"]);
  const command = rawText(exec["command"]);
  // A bare name is looked up in $PATH; one with a slash belongs to the kubeconfig's directory.
  if (command !== null && /[/\\]/.test(command)) resolved["exec"] = { ...exec, command: resolveIn(directory, command) };
  return resolved;
}

function directoryOf(path: string): string {
  const end = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
  return end < 0 ? "." : path.slice(0, Math.max(1, end));
}

function resolveIn(directory: string, file: string): string {
  return /^(?:[/\\]|[A-Za-z]:)/.test(file) ? file : `${directory.replace(/\/$/, "")}/${file}`;
}

function select(
  entries: Entries,
  wanted: string | undefined,
  { where, files }: { readonly where: string; readonly files: readonly string[] },
): KubeContext {
  const names = [...entries.contexts.keys()];
  const context = wanted ?? entries.current;
  if (context === null) {
    throw kubeconfigError(`${where} has no current context: name one with 'context' (${listed(names)})`);
  }
  const found = entries.contexts.get(context);
  if (found === undefined) {
    const guess = nearest(context, names);
    const help = guess === undefined ? "" : ` Did you mean '${guess}'?`;
    throw kubeconfigError(`${where} has no context '${context}'.${help} It has ${listed(names)}`);
  }
  const clusterName = rawText(found["cluster"]);
  const cluster = clusterName === null ? undefined : entries.clusters.get(clusterName);
  if (clusterName === null || cluster === undefined) {
    throw kubeconfigError(`context '${context}' in ${where} names a cluster that is not there: '${clusterName ?? ""}'`);
  }
  const userName = rawText(found["user"]) ?? "";
  const user = userName === "" ? {} : entries.users.get(userName);
  if (user === undefined) {
    throw kubeconfigError(`context '${context}' in ${where} names a user that is not there: '${userName}'`);
  }
  return { context, clusterName, cluster, user, userName, files };
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return "no contexts";
  const some = names.slice(0, 10).map((name) => `'${name}'`).join(", ");
  return names.length > 10 ? `${some} and ${names.length - 10} more` : some;
}
