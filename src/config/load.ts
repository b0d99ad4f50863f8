import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { readDocument } from "./document.ts";
import { mergeFiles } from "./merge.ts";
import { type ParseResult, workspaceOf } from "./parse.ts";
import { folderOf, isAbsolute, localFileOf, normalize, WORKSPACE_FILE } from "./paths.ts";
import { Reporter } from "./reporter.ts";
import { SourceText } from "./source_text.ts";

/** The largest file that is read, in bytes: 4 MiB. */
export const MAX_FILE_BYTES = 4 * 1024 * 1024;

/** What reading a file gives. `detail` is for people: "permission denied". */
export type ReadResult =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "missing" }
  | { readonly kind: "folder" }
  | { readonly kind: "too-large"; readonly size: number }
  | { readonly kind: "unreadable"; readonly detail: string };

/** The file system, as loading sees it. */
export interface FileReader {
  /** Reads a whole file of at most `limit` bytes. Never rejects but by the signal. A pipe or device is `unreadable`. */
  read(path: string, options: { readonly limit: number; readonly signal: AbortSignal }): Promise<ReadResult>;
}

/** Which file, read by what. */
export interface LoadOptions {
  readonly reader: FileReader;
  /** The current folder, absolute: a relative `file` begins here, and the search goes upward from here. */
  readonly cwd: string;
  /** A path that was given; absent: `forwards.yaml` is looked for. */
  readonly file?: string | undefined;
  /** The home folder that `~` stands for. */
  readonly home?: string | undefined;
  readonly signal: AbortSignal;
}

/** What became of the file and of those that belong to it. */
export interface LoadResult extends ParseResult {
  /** The absolute path of the root file that was read, or of the one that was wanted. */
  readonly file: string;
  /** Every file that was looked at, by absolute path: its text; null where it is not there, undefined where it cannot be read. */
  readonly sources: ReadonlyMap<string, string | null | undefined>;
}

/**
 * Finds, reads and parses a workspace: the root file, and what its overlay (`forwards.local.yaml` beside it) says otherwise.
 * What goes wrong is a diagnostic. Rejects only when the signal says so.
 */
export async function loadWorkspace(options: LoadOptions): Promise<LoadResult> {
  const found = await find(options);
  const { file } = found;
  const files = new FilesReader(options);
  const root = files.text(found);
  if (typeof root !== "string") {
    const words = found.result.kind === "missing" ? missing(file, options) : describe(file, found.result);
    return { file, sources: files.sources, workspace: null, diagnostics: [withoutPlace(words)] };
  }
  const reporter = new Reporter();
  const trees = [readDocument(new SourceText(file, root), { reporter })];
  const overlay = await files.read(localFileOf(file));
  const local = files.text(overlay);
  if (typeof local === "string") {
    trees.push(readDocument(new SourceText(overlay.file, local), { reporter, mayBeEmpty: true }));
  } else if (overlay.result.kind !== "missing") {
    reporter.diagnostics.push(withoutPlace(describe(overlay.file, overlay.result)));
  }
  const good = trees.filter((tree) => tree !== undefined);
  const [first, ...more] = good;
  const isWhole = first !== undefined && good.length === trees.length;
  const merged = isWhole ? mergeFiles([first, ...more], reporter) : undefined;
  return { file, sources: files.sources, ...workspaceOf(merged, reporter, { file, home: options.home }) };
}

interface Found {
  readonly file: string;
  readonly result: ReadResult;
}

/** Reads files, and keeps what became of each. */
class FilesReader {
  readonly sources = new Map<string, string | null | undefined>();
  readonly #options: LoadOptions;

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async read(file: string): Promise<Found> {
    const { reader, signal } = this.#options;
    signal.throwIfAborted();
    return { file, result: await reader.read(file, { limit: MAX_FILE_BYTES, signal }) };
  }

  /** The text of what was read, kept as a source. */
  text({ file, result }: Found): string | null | undefined {
    const text = result.kind === "bytes" ? decoded(result.bytes) : result.kind === "missing" ? null : undefined;
    this.sources.set(file, text);
    return text;
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return undefined;
  }
}

async function find(options: LoadOptions): Promise<Found> {
  const { cwd } = options;
  const files = new FilesReader(options);
  if (options.file !== undefined) {
    return await files.read(normalize(isAbsolute(options.file) ? options.file : `${cwd}/${options.file}`));
  }
  let folder = normalize(`${cwd}/`);
  const first = await files.read(join(folder));
  let here = first;
  while (here.result.kind === "missing" && folder !== "/" && folder !== ".") {
    folder = folderOf(folder).slice(0, -1) || "/";
    here = await files.read(join(folder));
  }
  return here.result.kind === "missing" ? first : here;
}

function join(folder: string): string {
  return folder === "/" ? `/${WORKSPACE_FILE}` : `${folder}/${WORKSPACE_FILE}`;
}

type Words = Pick<Diagnostic, "code" | "message" | "help">;

function missing(file: string, { cwd, file: given }: LoadOptions): Words {
  return given === undefined
    ? {
      code: "PF0001",
      message: `No ${WORKSPACE_FILE} in '${cwd}' or any folder above it`,
      help: "go to the project's folder, or name the file with -f FILE",
    }
    : { code: "PF0001", message: `File '${file}' not found` };
}

/** Why a file that is there has no text. */
function describe(file: string, result: Exclude<ReadResult, { kind: "missing" }>): Words {
  switch (result.kind) {
    case "bytes":
      return { code: "PF0004", message: `'${file}' is not UTF-8 text`, help: "save the file as UTF-8" };
    case "folder":
      return {
        code: "PF0003",
        message: `'${file}' is a folder, not a file`,
        help: `name the file: ${file}/${WORKSPACE_FILE}`,
      };
    case "too-large":
      return {
        code: "PF0005",
        message: `'${file}' has ${result.size} bytes, more than the ${MAX_FILE_BYTES} that are read`,
        help: "is this the right file?",
      };
    case "unreadable":
      return { code: "PF0002", message: `Cannot read '${file}': ${result.detail}` };
    default:
      return result satisfies never;
  }
}

function withoutPlace(words: Words): Diagnostic {
  return { ...words, severity: "error", where: null };
}
