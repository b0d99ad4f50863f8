import type { Draft, Finished, Note } from "../../draft/draft.ts";
import type { Source } from "../../draft/source.ts";
import { isDnsLabel } from "../../config/names.ts";
import { isRegion } from "../../conventions/task_ref.ts";
import { oneLine } from "../../view/text.ts";
import { Console, type Failure, usage } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { putText } from "../put_text.ts";

/** The tools whose files can be read. `kubectl` stands for scripts. */
export type ImportSource = "kecs" | "nanoporter" | "kportal" | "kftray" | "kubectl";

/** The flags of `import`. */
export interface ImportFlags {
  readonly out?: string;
  readonly force?: boolean;
  readonly instance?: string;
  readonly region: string;
  readonly quiet?: boolean;
}

/** `import`: another tool's file as a `forwards.yaml`. */
export async function importFile(
  this: CliContext,
  flags: ImportFlags,
  source: ImportSource,
  file: string,
): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const body = async (): Promise<number> => {
    const got = await services.texts.read(file);
    if (got.kind === "failed") return console.fail({ code: "bad-file", message: got.message, exit: EXIT.badFile });
    const read = await readSource(source, { text: got.text, file, flags });
    if ("exit" in read) return console.fail(read);
    const shown = file === "-" ? "standard input" : file;
    if (read.kind === "unreadable") {
      const where = read.line === null ? shown : `${shown}, line ${read.line}`;
      return console.fail({
        code: "bad-file",
        message: oneLine(`Cannot read ${where} as ${NAMES[source]}: ${read.message}`),
        exit: EXIT.badFile,
      });
    }
    const { finishDraft } = await import("../../draft/finish.ts");
    const finished = finishDraft(read.draft, { header: [`Made by berth import from ${NAMES[source]}.`] });
    const carried = { of: shown, finished, total: totalOf(read.draft) };
    if (finished.forwards === 0) {
      if (flags.quiet !== true) console.err(reportText(carried));
      return console.fail({
        code: "nothing-to-import",
        message: `Nothing of ${shown} could be carried over`,
        exit: EXIT.failed,
      });
    }
    const written = await putText(finished.text, {
      services,
      console,
      force: flags.force === true,
      ...(flags.out === undefined ? {} : { out: flags.out }),
    });
    if (flags.quiet !== true && written === EXIT.ok) console.err(reportText(carried));
    return written;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

const NAMES: Readonly<Record<ImportSource, string>> = {
  kecs: "KECS' port-forward state",
  nanoporter: "a nanoporter config",
  kportal: "a kportal config",
  kftray: "kftray configs",
  kubectl: "a script of port-forwards",
};

async function readSource(
  source: ImportSource,
  { text, file, flags }: { readonly text: string; readonly file: string; readonly flags: ImportFlags },
): Promise<Source | Failure> {
  switch (source) {
    case "kecs": {
      const { fromKecs, instanceOf } = await import("../../draft/from_kecs.ts");
      const instance = flags.instance ?? instanceOf(file);
      if (instance === undefined) {
        return usage(
          file === "-"
            ? "Standard input does not say which KECS instance it is of"
            : `${file} is not at KECS' own place, which would name the instance`,
          "Name it with --instance NAME",
        );
      }
      if (!isDnsLabel(instance)) return usage(`'${instance}' is not the name of a KECS instance`);
      if (!isRegion(flags.region)) return usage(`'${flags.region}' is not a region`, "Write us-east-1, for example");
      return fromKecs(text, { instance, region: flags.region });
    }
    case "nanoporter":
      return (await import("../../draft/from_nanoporter.ts")).fromNanoporter(text);
    case "kportal":
      return (await import("../../draft/from_kportal.ts")).fromKportal(text);
    case "kftray":
      return (await import("../../draft/from_kftray.ts")).fromKftray(text);
    case "kubectl":
      return (await import("../../draft/from_shell.ts")).fromShell(text);
    default:
      return source satisfies never;
  }
}

/** How many forwards the source has, as far as they could be told apart. */
function totalOf({ forwards, notes }: Draft): number {
  return forwards.length + notes.filter(({ kind }) => kind === "left-out").length;
}

function reportText(
  { of, finished, total }: { readonly of: string; readonly finished: Finished; readonly total: number },
): string {
  const { forwards, notes } = finished;
  const lines = [`Carried over ${forwards} of ${total} ${total === 1 ? "forward" : "forwards"} of ${of}.`];
  const changed = notes.filter(({ kind }) => kind === "changed");
  const without = notes.filter(({ kind }) => kind !== "changed");
  if (without.length > 0) lines.push("Left out:", ...noteLines(without));
  if (changed.length > 0) lines.push("Changed:", ...noteLines(changed));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function noteLines(notes: readonly Note[]): readonly string[] {
  const places = notes.map(({ line }) => line === null ? "" : `line ${line}`);
  const width = Math.max(...places.map((place) => place.length));
  return notes.map(({ what, why }, at) => `  ${(places[at] ?? "").padEnd(width)}  ${oneLine(`${what}: ${why}`)}`);
}
