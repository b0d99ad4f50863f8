import { interpolate } from "./interpolate.ts";
import { mergeFiles } from "./merge.ts";
import { resolvePath } from "./paths.ts";
import { readPlain } from "./plain_yaml.ts";
import { describeFailure, type FilesReader, type Found } from "./read_files.ts";
import type { Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import { SourceText, type Span } from "./source_text.ts";
import { expandTemplates } from "./templates.ts";
import type { Environment } from "./variables.ts";
import { type MapTree, mapTree, type Tree } from "./tree.ts";

/** How many files may extend one another in a row. */
const MAX_DEPTH = 16;

/** What files are put together with. */
export interface LayersOptions {
  readonly files: FilesReader;
  readonly reporter: Reporter;
  readonly env: Environment;
  readonly home: string | undefined;
}

/** A file on the way from the one that was given to one that it extends. */
interface Step {
  readonly file: string;
  /** Where the next one is named. */
  readonly at: Span;
}

/** The files of one workspace, each with what it `extends` below it. What goes wrong is reported. */
export class Layers {
  readonly #options: LayersOptions;
  readonly #trees: MapTree[] = [];
  /** A file that is extended twice is there once, at its weakest place. */
  readonly #seen = new Set<string>();
  #isWhole = true;

  constructor(options: LayersOptions) {
    this.#options = options;
  }

  /** Puts a file above those that are there, and below it what it extends. Rejects only when the signal says so. */
  async add(file: string, text: string, { mayBeEmpty = false }: { readonly mayBeEmpty?: boolean } = {}): Promise<void> {
    await this.#add(file, text, { mayBeEmpty, steps: [] });
  }

  /** All of them as one; undefined where one of them is missing. */
  merged(): MapTree | undefined {
    const [first, ...more] = this.#trees;
    return first !== undefined && this.#isWhole ? mergeFiles([first, ...more], this.#options.reporter) : undefined;
  }

  async #add(
    file: string,
    text: string,
    { mayBeEmpty, steps }: { readonly mayBeEmpty: boolean; readonly steps: readonly Step[] },
  ): Promise<void> {
    const { reporter, env } = this.#options;
    this.#seen.add(file);
    const source = new SourceText(file, text);
    // The full parser is loaded only where it is needed.
    const tree = readPlain(source) ??
      (await import("./document.ts")).readDocument(source, { reporter, mayBeEmpty });
    if (tree === undefined) {
      this.#isWhole = false;
      return;
    }
    const extended = tree.entries.get("extends");
    if (extended !== undefined) {
      for (const { path, at } of this.#paths(extended.tree)) await this.#extend(path, [...steps, { file, at }]);
    }
    const entries = new Map(tree.entries);
    entries.delete("extends");
    this.#trees.push(expandTemplates(mapTree(tree.at, entries), { env, reporter }));
  }

  /** What `extends` names; text that is none is reported. */
  #paths(written: Tree): readonly { readonly path: string; readonly at: Span }[] {
    const { reporter, env } = this.#options;
    const tree = interpolate(written, { scope: { env }, reporter });
    return (tree.kind === "list" ? tree.items : [tree]).flatMap((one) => {
      const { value } = one;
      if (typeof value === "string" && value !== "") return [{ path: value, at: one.at }];
      this.#isWhole = false;
      if (one.kind !== "scalar" || one.reported !== true) {
        reporter.report({
          code: "PF0014",
          message: "'extends' takes a path or a list of paths",
          at: one.at,
          help: "write extends: ../team/forwards.yaml",
        });
      }
      return [];
    });
  }

  async #extend(path: string, steps: readonly Step[]): Promise<void> {
    const { files, home } = this.#options;
    const last = steps.at(-1);
    if (last === undefined) return;
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) {
      this.#refuse(
        last.at,
        `Cannot extend ${quoted(path)}: it is not a path on this machine`,
        "keep a copy of it beside your files",
      );
      return;
    }
    const file = resolvePath(path, { file: last.file, home });
    if (file === undefined) {
      this.#refuse(last.at, `Cannot expand '~' in ${quoted(path)}`, "write the path from /, or relative to this file");
      return;
    }
    const from = steps.findIndex((step) => step.file === file);
    if (from >= 0 || steps.length > MAX_DEPTH) {
      this.#isWhole = false;
      this.#options.reporter.report({
        code: "PF0063",
        message: from < 0 ? `More than ${MAX_DEPTH} files extend one another` : "The file extends itself",
        at: last.at,
        notes: steps.slice(Math.max(from, 0), -1).map(({ at }) => ({ message: "by way of what is named", at })),
        help: "let one of them stand alone",
      });
      return;
    }
    if (this.#seen.has(file)) return;
    const found = await files.read(file);
    const text = files.text(found);
    if (typeof text === "string") await this.#add(file, text, { mayBeEmpty: true, steps });
    else this.#unreadable(found, last.at);
  }

  #unreadable({ file, result }: Found, at: Span): void {
    if (result.kind === "missing") {
      this.#refuse(at, `File '${file}' not found`, "is it where the other files expect it?");
    } else {
      const { message, help } = describeFailure(file, result);
      this.#refuse(at, message, help);
    }
  }

  #refuse(at: Span, message: string, help: string | undefined): void {
    this.#isWhole = false;
    this.#options.reporter.report({ code: "PF0062", message, at, help });
  }
}
