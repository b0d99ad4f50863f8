import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { type ParseResult, parseWorkspace } from "./parse.ts";
import { folderOf, isAbsolute, normalize, WORKSPACE_FILE } from "./paths.ts";

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

/** What became of the file, and its text to show diagnostics with; null where it could not be read. */
export interface LoadResult extends ParseResult {
  /** The absolute path of the file that was read, or of the one that was wanted. */
  readonly file: string;
  readonly text: string | null;
}

/** Finds, reads and parses a workspace. What goes wrong is a diagnostic. Rejects only when the signal says so. */
export async function loadWorkspace(options: LoadOptions): Promise<LoadResult> {
  const found = await find(options);
  if (found.result.kind !== "bytes") return failed(found.file, describe(found.file, found.result, options));
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(found.result.bytes);
  } catch {
    return failed(found.file, {
      code: "PF0004",
      message: `'${found.file}' is not UTF-8 text`,
      help: "save the file as UTF-8",
    });
  }
  return { file: found.file, text, ...parseWorkspace(text, { file: found.file, home: options.home }) };
}

interface Found {
  readonly file: string;
  readonly result: ReadResult;
}

async function find(options: LoadOptions): Promise<Found> {
  const { reader, cwd, signal } = options;
  const read = async (file: string): Promise<Found> => {
    signal.throwIfAborted();
    return { file, result: await reader.read(file, { limit: MAX_FILE_BYTES, signal }) };
  };
  if (options.file !== undefined) {
    return await read(normalize(isAbsolute(options.file) ? options.file : `${cwd}/${options.file}`));
  }
  let folder = normalize(`${cwd}/`);
  const first = await read(join(folder));
  let here = first;
  while (here.result.kind === "missing" && folder !== "/" && folder !== ".") {
    folder = folderOf(folder).slice(0, -1) || "/";
    here = await read(join(folder));
  }
  return here.result.kind === "missing" ? first : here;
}

function join(folder: string): string {
  return folder === "/" ? `/${WORKSPACE_FILE}` : `${folder}/${WORKSPACE_FILE}`;
}

type Words = Pick<Diagnostic, "code" | "message" | "help">;

function describe(file: string, result: Exclude<ReadResult, { kind: "bytes" }>, options: LoadOptions): Words {
  switch (result.kind) {
    case "missing":
      return options.file === undefined
        ? {
          code: "PF0001",
          message: `No ${WORKSPACE_FILE} in '${options.cwd}' or any folder above it`,
          help: "go to the project's folder, or name the file with -f FILE",
        }
        : { code: "PF0001", message: `File '${file}' not found` };
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

function failed(file: string, words: Words): LoadResult {
  return { file, text: null, workspace: null, diagnostics: [{ ...words, severity: "error", where: null }] };
}
