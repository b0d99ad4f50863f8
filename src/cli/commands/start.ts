import type { YamlEdit } from "../../config/edit/yaml_edit.ts";
import { ControlError } from "../../control/control_error.ts";
import type { ServiceQuery } from "../../control/daemon_api.ts";
import { Console, type Failure, usage } from "../console.ts";
import type { CliContext } from "../context.ts";
import { editWorkspace, writtenForwards } from "../editing.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { type Entry, entryOf, namesFor, sameTarget } from "../forward_entry.ts";
import { unknownNames } from "../names.ts";
import type { CliServices, GoodFile } from "../services.ts";
import { awaitStarted } from "../starting.ts";

/** The flags of `start`: those of KECS. */
export interface StartFlags {
  readonly quiet?: boolean;
  readonly file?: string;
  readonly cluster?: string;
  readonly tags?: string;
  readonly localPort?: string;
  readonly targetPort?: string;
  readonly noAutoReconnect?: boolean;
  readonly name?: string;
  readonly output: "text" | "json";
}

/** `start service|task TARGET` puts a forward into the local file; `start NAME` takes back what `stop NAME` did. */
export async function start(this: CliContext, flags: StartFlags, ...words: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: flags.output === "json", quiet: flags.quiet });
  const body = async (signal: AbortSignal): Promise<number> => {
    const asked = askedFor(words, flags);
    if ("code" in asked) return console.fail(asked);
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    const target = "name" in asked || flags.targetPort !== undefined
      ? asked
      : await withKnownPort(asked.entry, { services, good, signal });
    if ("code" in target) return console.fail(target);
    const chosen = "name" in target ? revival(target.name, good) : addition(target.entry, { given: flags.name, good });
    if ("code" in chosen) return console.fail(chosen);
    const { name, edits } = chosen;
    const edited = await editWorkspace(services, { loaded: good, which: "local", edits });
    if (edited.kind === "failed") return console.fail(edited.failure);
    console.say(
      edited.kind === "same"
        ? `${name} is in ${edited.shown} already.`
        : `${"name" in asked ? "Started" : "Added"} ${name} in ${edited.shown}.`,
    );
    return await awaitStarted(name, { services, console, file: good.file, signal });
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

interface Chosen {
  readonly name: string;
  readonly edits: readonly YamlEdit[];
}

function askedFor(
  words: readonly string[],
  flags: StartFlags,
): { readonly name: string } | { readonly entry: Entry } | Failure {
  const [kind, target, ...more] = words;
  if (kind === undefined || more.length > 0) {
    return usage("Say what to start", "start service CLUSTER/NAME, start task CLUSTER/ID, or start NAME");
  }
  if (target === undefined && !(kind === "task" && flags.tags !== undefined)) {
    if (kind === "service" || kind === "task") {
      return usage(`Which ${kind}?`, `start ${kind} CLUSTER/${kind === "service" ? "NAME" : "ID"}`);
    }
    return { name: kind };
  }
  if (kind !== "service" && kind !== "task") {
    return usage(`Cannot start a '${kind}'`, "start service or start task; 'add' takes every other target");
  }
  const entry = entryOf({
    cluster: flags.cluster,
    target: kind === "service"
      ? { service: target ?? "", ...(flags.tags === undefined ? {} : { tags: flags.tags }) }
      : { task: target ?? "default", ...(flags.tags === undefined ? {} : { tags: flags.tags }) },
    port: flags.targetPort ?? String(KECS_PORT),
    local: flags.localPort,
    reconnect: flags.noAutoReconnect !== true,
  });
  return typeof entry === "string" ? usage(capital(entry)) : { entry };
}

/** What KECS takes where no port is given. */
const KECS_PORT = 80;

/**
 * An entry whose port was not given: with the port it was started with before, else with the only one that the running `up` sees on its
 * Service. With several the person has to say which one, unless one of them is KECS' own default; where none is known it is that one too.
 */
async function withKnownPort(
  entry: Entry,
  { services, good, signal }: {
    readonly services: CliServices;
    readonly good: GoodFile;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly entry: Entry } | Failure> {
  const before = [...writtenForwards(good, "local").values()]
    .find((written) => sameTarget(written, entry, { anyPort: true }));
  if (typeof before === "object" && before !== null && "port" in before) {
    const { port } = before;
    if (typeof port === "number" || typeof port === "string") return { entry: { ...entry, port } };
  }
  const { service } = entry;
  const [only, ...others] = good.workspace.clusters.keys();
  const cluster = entry["cluster"] ?? (others.length === 0 ? only : undefined);
  if (typeof service !== "string" || typeof cluster !== "string") return { entry };
  const ports = await portsOf({ cluster, service }, { services, file: good.file, signal });
  const [port] = ports;
  if (port === undefined || ports.some((one) => one === KECS_PORT)) return { entry };
  if (ports.length === 1) return { entry: { ...entry, port } };
  return usage(`Which port of service ${service}?`, `Choose one with --target-port: ${ports.join(", ")}`);
}

/** The ports that the running `up` sees on a Service; none where nothing runs, or where it cannot tell. */
async function portsOf(
  asked: ServiceQuery,
  { services, file, signal }: {
    readonly services: CliServices;
    readonly file: string;
    readonly signal: AbortSignal;
  },
): Promise<readonly number[]> {
  const client = await services.connect(file, signal);
  if (client === null) return [];
  try {
    return await client.servicePorts(asked, signal);
  } catch (error) {
    if (error instanceof ControlError) return [];
    throw error;
  } finally {
    client.close();
  }
}

/** Where a new forward goes: the name that its target has already, else the first free one. */
function addition(
  entry: Entry,
  { given, good }: { readonly given: string | undefined; readonly good: GoodFile },
): Chosen | Failure {
  const local = writtenForwards(good, "local");
  const team = writtenForwards(good, "team");
  const taken = new Set([...local.keys(), ...good.workspace.forwards.map(({ name }) => name), ...team.keys()]);
  const before = given ?? [...local].find(([, written]) => sameTarget(written, entry))?.[0];
  const name = before ?? namesFor(entry).find((each) => !taken.has(each));
  if (name === undefined) return usage("Every name that fits the target is taken", "Choose one with --name");
  if (taken.has(name) && !local.has(name)) {
    return usage(`${name} is in ${good.shown} already`, "Choose another name with --name");
  }
  return { name, edits: [{ op: "set", path: ["forwards", name], value: entry }] };
}

/** A forward that was stopped, or that the team's file leaves off, runs again. */
function revival(name: string, good: GoodFile): Chosen | Failure {
  const path = ["forwards", name, "enabled"];
  if (good.workspace.forwards.some((forward) => forward.name === name)) return { name, edits: [] };
  const team = writtenForwards(good, "team");
  const known = [...writtenForwards(good, "local").keys(), ...team.keys()];
  const unknown = unknownNames([name], {
    known: [...new Set([...known, ...good.workspace.forwards.map((forward) => forward.name)])],
    file: good.shown,
  });
  if (unknown !== null) return unknown;
  const entry = team.get(name);
  const isOff = typeof entry === "object" && entry !== null && "enabled" in entry && entry.enabled === false;
  return { name, edits: [isOff ? { op: "set", path, value: true } : { op: "remove", path, prune: true }] };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
