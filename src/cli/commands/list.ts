import type { ControlClient } from "../../control/client.ts";
import { profileFilter } from "../../model/profiles.ts";
import type { StatusDocument } from "../../model/status_document.ts";
import type { ForwardSpec } from "../../model/workspace.ts";
import { type ListedForward, listedForward, listJson, listLines } from "../../view/list_table.ts";
import { cut } from "../../view/text.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { FrameWriter } from "../frame_writer.ts";
import { unknownNames, unknownProfiles } from "../names.ts";
import { nothingRuns } from "../running.ts";
import type { CliServices, LoadedFile } from "../services.ts";

/** The flags of `list`. */
export interface ListFlags {
  readonly file?: string;
  readonly profile?: readonly string[];
  readonly output: "table" | "wide" | "json" | "yaml" | "name";
  readonly watch?: boolean;
  readonly color: ColorChoice;
}

/** `list`: every forward that is asked for, with what is known of it, whether something runs or not. The columns are those of KECS. */
export async function list(this: CliContext, flags: ListFlags, ...names: readonly string[]): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (signal: AbortSignal): Promise<number> => {
    if (flags.watch === true && (flags.output === "yaml" || flags.output === "name")) {
      return console.fail({
        code: "usage",
        message: `--watch does not go with -o ${flags.output}`,
        help: "Use -o table, wide or json",
        exit: EXIT.usage,
      });
    }
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null) return EXIT.badFile;
    const { profile: profiles = [] } = flags;
    const noProfile = unknownProfiles(profiles, { workspace: good.workspace, file: good.shown });
    if (noProfile !== null) return console.fail(noProfile);
    const client = await services.connect(good.file, signal);
    try {
      const show = async (now: LoadedFile): Promise<readonly ListedForward[] | number> => {
        const status = client === null ? null : await client.status(signal);
        const all = await collect(services, { loaded: now, status });
        const unknown = unknownNames(names, { known: all.map(({ id }) => id), file: good.shown });
        if (unknown !== null) return console.fail(unknown);
        if (names.length === 0 && profiles.length === 0) return all;
        const isMember = profileFilter(now.workspace ?? {}, profiles);
        return all.filter(({ id, cluster }) => names.includes(id) || isMember({ name: id, cluster }));
      };
      const first = await show(good);
      if (typeof first === "number") return first;
      if (flags.watch !== true) {
        await print(first, { flags, console, services });
        if (client === null && first.length > 0) console.say(`Nothing runs: '${services.program} up' starts them.`);
        return EXIT.ok;
      }
      if (client === null) return console.fail(nothingRuns(good.file, services));
      return await watch(client, {
        flags,
        console,
        services,
        signal,
        show: async () => await show(await services.load(flags.file)),
      });
    } finally {
      client?.close();
    }
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

interface Printing {
  readonly flags: ListFlags;
  readonly console: Console;
  readonly services: CliServices;
}

/** Shows the list again at each change: in place on a terminal, else one after the other. */
async function watch(
  client: ControlClient,
  { flags, console, services, signal, show }: Printing & {
    readonly signal: AbortSignal;
    readonly show: () => Promise<readonly ListedForward[] | number>;
  },
): Promise<number> {
  const writer = console.live ? new FrameWriter(services.stdout, () => services.size()) : null;
  let last = "";
  try {
    for await (const _ of client.events(signal)) {
      const forwards = await show();
      if (typeof forwards === "number") return forwards;
      const state = JSON.stringify(listJson(forwards));
      if (state === last) continue;
      last = state;
      if (writer === null) await print(forwards, { flags, console, services });
      else {
        const { cols, rows } = services.size();
        const theme = console.theme("stdout");
        const lines = listLines(forwards, options({ flags, console, services }));
        writer.draw(lines.slice(0, rows - 1).map((line) => cut(line, { width: cols, ellipsis: theme.ellipsis })));
      }
    }
  } finally {
    writer?.end();
  }
  signal.throwIfAborted();
  return console.fail({ code: "nothing-runs", message: "berth has ended", exit: EXIT.failed });
}

function options({ flags, console, services }: Printing): Parameters<typeof listLines>[1] {
  return {
    wide: flags.output === "wide",
    theme: console.theme("stdout"),
    now: services.clock.now(),
    utcOffset: services.utcOffset,
  };
}

async function print(forwards: readonly ListedForward[], printing: Printing): Promise<void> {
  const { flags, console } = printing;
  switch (flags.output) {
    case "json":
      console.outJson(listJson(forwards));
      break;
    case "yaml": {
      const { stringify } = await import("yaml");
      console.out(stringify(listJson(forwards)));
      break;
    }
    case "name":
      console.out(forwards.map(({ id }) => `${id}\n`).join(""));
      break;
    case "table":
    case "wide":
      if (forwards.length === 0) {
        console.say(flags.profile === undefined ? "The file names no forwards." : "The profile has no forwards.");
      } else console.out(listLines(forwards, options(printing)).map((line) => `${line}\n`).join(""));
      break;
    default:
      flags.output satisfies never;
  }
}

/** What the file asks for, in its order; then what runs beside that; then what was stopped. */
async function collect(
  services: CliServices,
  { loaded, status }: { readonly loaded: LoadedFile; readonly status: StatusDocument | null },
): Promise<readonly ListedForward[]> {
  const created = await services.created(loaded.file);
  const specs = new Map(loaded.workspace?.forwards.map((spec): [string, ForwardSpec] => [spec.name, spec]));
  const running = new Map(status?.forwards.map((each) => [each.name, each]));
  const listed = [...new Set([...specs.keys(), ...running.keys()])].flatMap((name) =>
    listedForward({
      spec: specs.get(name),
      status: running.get(name),
      created: created.get(name),
    }) ?? []
  );
  return [...listed, ...switchedOff(loaded).filter(({ id }) => !specs.has(id) && !running.has(id))];
}

/** The forwards that the files have with `enabled: false`. */
function switchedOff({ tree, workspace }: LoadedFile): readonly ListedForward[] {
  const section = tree?.entries.get("forwards")?.tree;
  if (section?.kind !== "map") return [];
  const [only, ...others] = [...workspace?.clusters.keys() ?? []];
  return [...section.entries].flatMap(([id, { tree }]) => {
    if (tree.kind !== "map" || tree.value["enabled"] !== false) return [];
    const entry = tree.value;
    const type = ["service", "task", "pod", "deployment", "statefulset", "selector"].find((key) => key in entry) ?? "";
    const { cluster = others.length === 0 ? only : undefined, port, local } = entry;
    const target = entry[type];
    return [{
      id,
      type: type === "selector" ? "pods" : type,
      cluster: text(cluster),
      target: typeof target === "string" ? target : JSON.stringify(target ?? ""),
      localPorts: typeof local === "number" ? [local] : [],
      targetPort: text(port),
      status: "Stopped",
      reason: "disabled",
      message: "switched off: enabled is false",
      created: null,
      route: null,
      backend: null,
      since: null,
      reconnects: null,
    }];
  });
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
