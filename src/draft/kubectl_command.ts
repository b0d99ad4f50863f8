import { isKubectl } from "../conventions/kubectl_names.ts";
import type { DraftForward, DraftTarget, Note } from "./draft.ts";
import { clusterOf } from "./cluster_of.ts";
import { parseLabels } from "./labels.ts";
import { type ReadCommand, unknownOf } from "./read_command.ts";
import { type Command, shellCommands, type Word } from "./shell_commands.ts";

/** Flags of kubectl and of its `port-forward` that take a value (`kubectl options`, `kubectl port-forward --help`). */
const WITH_VALUE = new Set([
  ..."address pod-running-timeout namespace context kubeconfig cluster user server token as as-group as-uid".split(" "),
  ..."as-user-extra cache-dir certificate-authority client-certificate client-key tls-server-name".split(" "),
  ..."request-timeout username password profile profile-output v vmodule kuberc selector output".split(" "),
]);
const SHORT: Readonly<Record<string, string>> = { n: "namespace", s: "server", v: "v", l: "selector", o: "output" };
/** Flags that say who or where, which a context has to say instead. Their values may be secrets. */
const OTHER_ACCESS = ["cluster", "user", "server", "token", "as", "as-group", "username", "password", "client-key"];

const KINDS: Readonly<Record<string, "service" | "pod" | "deployment" | "statefulset">> = {
  ...words("service", "svc service services"),
  ...words("pod", "po pod pods"),
  ...words("deployment", "deploy deployment deployments deployment.apps deployments.apps"),
  ...words("statefulset", "sts statefulset statefulsets statefulset.apps statefulsets.apps"),
};

function words<Kind extends string>(kind: Kind, list: string): Readonly<Record<string, Kind>> {
  return Object.fromEntries(list.split(" ").map((word) => [word, kind]));
}

interface Arguments {
  readonly positional: readonly Word[];
  readonly flags: ReadonlyMap<string, Word>;
}

/** The arguments after `kubectl`. Null where they are not those of `port-forward`. */
export function readPortForward(
  { line, words }: Command,
  { kubeconfig: fromEnv }: { readonly kubeconfig: string | undefined },
): ReadCommand | null {
  const { positional, flags } = parse(words);
  const [verb, target, ...ports] = positional;
  if (verb?.text !== "port-forward") return null;
  const what = target === undefined || target.text === "" ? "kubectl port-forward" : target.text;
  const notes: Note[] = [];
  const leave = (why: string): ReadCommand => ({ forwards: [], notes: [{ kind: "left-out", line, what, why }] });
  if (target === undefined) return leave("it names no target");
  if (ports.length === 0) return leave("it names no port");
  const given = ["namespace", "context", "kubeconfig", "address"].flatMap((name) => flags.get(name) ?? []);
  const unknown = unknownOf([...given, ...ports]);
  if (unknown !== null) return leave(unknown);
  const found = targetOf(target, flags.get("namespace")?.text);
  if (typeof found === "string") return leave(found);
  const { name, target: to } = found;
  if (found.namespace === "assumed") {
    const why = "it names no namespace: 'default' is written. The context may have another one";
    notes.push({ kind: "changed", line, what, why });
  }
  for (const flag of OTHER_ACCESS) {
    if (!flags.has(flag)) continue;
    const why = "the cluster is reached as its context says: make a context that says this";
    notes.push({ kind: "lost", line, what: `${what}: --${flag}`, why });
  }
  const context = flags.get("context")?.text;
  const kubeconfig = flags.get("kubeconfig")?.text ?? fromEnv;
  const cluster = clusterOf({ context, kubeconfig });
  const address = flags.get("address")?.text.split(",").map((part) => part.trim()).filter((part) => part !== "") ?? [];
  const bind = address.flatMap((part) => part === "localhost" ? ["127.0.0.1", "::1"] : [part]);
  const isDefault = address.length === 0 || address.every((part) => part === "localhost");
  const forwards = ports.flatMap(({ text }): readonly DraftForward[] => {
    const pair = portsOf(text);
    if (pair === null) {
      notes.push({ kind: "left-out", line, what: `${what} ${text}`, why: `'${text}' is no pair of ports` });
      return [];
    }
    if (pair.local === null) {
      const why = `the number of the port '${text}' is not known here: the local port is 'auto'`;
      notes.push({ kind: "changed", line, what, why });
    }
    return [{
      name,
      cluster: cluster.id,
      target: to,
      port: pair.port,
      local: pair.local ?? "auto",
      ...(isDefault ? {} : { bind }),
      line,
    }];
  });
  return { cluster, forwards, notes };
}

function parse(words: readonly Word[]): Arguments {
  const positional: Word[] = [];
  const flags = new Map<string, Word>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined || word.text === "--") continue;
    const [, dashes = "", body = "", , value] = /^(--?)([^=]+)(=(.*))?$/s.exec(word.text) ?? [];
    if (dashes === "") {
      positional.push(word);
      continue;
    }
    const short = dashes === "-" ? SHORT[body.slice(0, 1)] : undefined;
    const name = short ?? body;
    const attached = value ?? (short !== undefined && body.length > 1 ? body.slice(1) : undefined);
    if (attached !== undefined) flags.set(name, { ...word, text: attached });
    else if (WITH_VALUE.has(name)) flags.set(name, words[++at] ?? { ...word, text: "" });
    else flags.set(name, { ...word, text: "true" });
  }
  return { positional, flags };
}

type Found = {
  readonly name: string;
  readonly target: DraftTarget;
  readonly namespace: "said" | "assumed";
};

/** What a `TYPE/NAME` leads to, or why that cannot be said. */
function targetOf(word: Word, said: string | undefined): Found | string {
  const namespace = said ?? "default";
  const known = { namespace: said === undefined ? "assumed" : "said" } as const;
  if (word.substitution !== null) return targetOfQuery(word.substitution, said) ?? unknownOf([word]) ?? "";
  const unknown = unknownOf([word]);
  if (unknown !== null) return unknown;
  const slash = word.text.indexOf("/");
  const [kind, name] = slash < 0 ? ["pod", word.text] : [word.text.slice(0, slash), word.text.slice(slash + 1)];
  const read = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (read === undefined) return `berth forwards to no '${kind}': take its pods, by their labels`;
  return { name, target: { kind: read, namespace, name }, ...known };
}

/** The pods that a `$(kubectl get pods -l app=web …)` asks for, as a target; null where it asks for something else. */
function targetOfQuery(query: string, said: string | undefined): Found | null {
  for (const { words } of shellCommands(query)) {
    const [program, ...rest] = words;
    if (program === undefined || !isKubectl(program.text.slice(program.text.lastIndexOf("/") + 1))) continue;
    const { positional: [verb, kind], flags } = parse(rest);
    if (verb?.text !== "get" || kind === undefined || KINDS[kind.text] !== "pod") continue;
    const selector = flags.get("selector");
    const labels = selector === undefined || selector.unknown !== null ? null : parseLabels(selector.text);
    if (labels === null) continue;
    const inner = said ?? flags.get("namespace")?.text;
    const [name = "pods"] = Object.values(labels).filter((value) => value !== "");
    const target = { kind: "selector", namespace: inner ?? "default", labels } as const;
    return { name, target, namespace: inner === undefined ? "assumed" : "said" };
  }
  return null;
}

/** `8080:80`, `8080`, `:80`, `8080:http`, `http`. A local port of null: the number of the named port. */
function portsOf(text: string): { readonly local: number | "auto" | null; readonly port: number | string } | null {
  const [, local, port = ""] = /^(?:(\d*):)?(\d+|[a-z0-9-]+)$/.exec(text) ?? [];
  if (port === "") return null;
  const remote = /^\d+$/.test(port) ? Number(port) : port;
  if (local === undefined) return { local: typeof remote === "number" ? remote : null, port: remote };
  return { local: local === "" || local === "0" ? "auto" : Number(local), port: remote };
}
