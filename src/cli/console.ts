import type { Json } from "../model/json.ts";
import { type ColorChoice, decideAscii, decideColor, makeTheme, type Theme } from "../view/theme.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices, GoodFile, LoadedFile, Output } from "./services.ts";

/** Something went wrong, in words and as a code for tools. */
export interface Failure {
  /** Stable: `usage`, `bad-file`, `held`, `nothing-runs`, … */
  readonly code: string;
  /** One line, no full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly help?: string;
  readonly exit: number;
}

/** How a command writes: which theme, and whether errors are JSON. */
export interface ConsoleOptions {
  readonly color?: ColorChoice;
  readonly json: boolean;
  /** Leave out sentences for the person; errors are no such. */
  readonly quiet?: boolean | undefined;
}

/** One command's way to write: data to stdout, all else to stderr, errors as JSON where the output is. */
export class Console {
  readonly #services: CliServices;
  readonly #color: ColorChoice;
  readonly json: boolean;
  readonly #quiet: boolean;

  constructor(services: CliServices, { color, json, quiet }: ConsoleOptions) {
    this.#services = services;
    this.#color = color ?? "auto";
    this.json = json;
    this.#quiet = quiet === true;
  }

  /** Data. */
  out(text: string): void {
    this.#services.stdout.write(text);
  }

  /** Data for tools, indented where a person looks at it. */
  outJson(value: Json): void {
    this.out(`${JSON.stringify(value, null, this.#services.stdout.isTerminal ? 2 : undefined)}\n`);
  }

  /** A sentence for the person, with a line end of its own. */
  say(sentence: string): void {
    if (!this.#quiet) this.#services.stderr.write(`${sentence}\n`);
  }

  /** Text that was laid out already. */
  err(text: string): void {
    this.#services.stderr.write(text);
  }

  theme(of: "stdout" | "stderr"): Theme {
    const { env, stdout, stderr } = this.#services;
    const output: Output = of === "stdout" ? stdout : stderr;
    const read = (name: string) => env.call(this.#services, name);
    return makeTheme({
      color: decideColor(this.#color, { env: read, isTerminal: output.isTerminal }),
      ascii: decideAscii(read),
    });
  }

  /** Whether data goes to a terminal that can be drawn on, and is for a person. */
  get live(): boolean {
    const services = this.#services;
    return !this.json && services.stdout.isTerminal && services.env("TERM") !== "dumb";
  }

  /** The width to lay out for; null where it is no terminal: then nothing is cut. */
  width(of: "stdout" | "stderr"): number | null {
    const output = of === "stdout" ? this.#services.stdout : this.#services.stderr;
    return output.isTerminal ? this.#services.size().cols : null;
  }

  /** Says what went wrong and returns the exit code. */
  fail(failure: Failure): number {
    writeFailure(this.#services.stderr, failure, { json: this.json, theme: this.theme("stderr") });
    return failure.exit;
  }

  /** Shows what was found in a file. Under JSON only what stands in the way is shown, as an error. Returns the file; null where it is not good. */
  async diagnose(loaded: LoadedFile): Promise<GoodFile | null> {
    const { workspace } = loaded;
    if (this.json) {
      if (workspace === null) this.err(`${JSON.stringify(await badFileJson(loaded))}\n`);
    } else if (loaded.diagnostics.length > 0) {
      this.err(await renderFile(loaded, this.theme("stderr")));
    }
    return workspace === null ? null : { ...loaded, workspace };
  }
}

/** Diagnostics as a person reads them. */
export async function renderFile(loaded: LoadedFile, theme: Theme): Promise<string> {
  const { renderDiagnostics } = await import("../diagnostics/render.ts");
  return renderDiagnostics(loaded.diagnostics, {
    source: (file) => loaded.sources.get(file) ?? undefined,
    path: loaded.show,
    color: theme.color,
  });
}

/** Writes an error: `error: …` and what to do, or one JSON object on a line. */
export function writeFailure(
  output: Output,
  { code, message, help }: Failure,
  { json, theme }: { readonly json: boolean; readonly theme: Theme },
): void {
  if (json) {
    output.write(`${JSON.stringify({ formatVersion: 1, error: { code, message, help: help ?? null } })}\n`);
    return;
  }
  output.write(`${theme.paint("bad", "error:")} ${message}\n`);
  if (help !== undefined) output.write(`  ${help}\n`);
}

async function badFileJson(loaded: LoadedFile): Promise<Json> {
  const { diagnosticToJson } = await import("../diagnostics/to_json.ts");
  const diagnostics = loaded.diagnostics.map(diagnosticToJson);
  return {
    formatVersion: 1,
    error: { code: "bad-file", message: `${loaded.shown} has errors`, help: null, diagnostics },
  };
}

/** The failure of a verb that needs a file where there is none. */
export function noFile(): Failure {
  return {
    code: "no-file",
    message: "No forwards.yaml in this folder or any above it",
    help: "Name one with -f FILE, or make one: init, import",
    exit: EXIT.badFile,
  };
}

/** The failure of a command line that is wrong. */
export function usage(message: string, help?: string): Failure {
  return { code: "usage", message, ...(help === undefined ? {} : { help }), exit: EXIT.usage };
}

/** The failure of a file that cannot be written; `message` names it. */
export function cannotWrite(message: string): Failure {
  return { code: "cannot-write", message, exit: EXIT.failed };
}
