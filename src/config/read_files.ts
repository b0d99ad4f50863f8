import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { WORKSPACE_FILE } from "./paths.ts";

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

/** What files are read with. */
export interface ReadOptions {
  readonly reader: FileReader;
  readonly signal: AbortSignal;
}

/** A path, and what reading it gave. */
export interface Found {
  readonly file: string;
  readonly result: ReadResult;
}

/** Reads files, and keeps what became of each. */
export class FilesReader {
  /** Every file whose text was asked for: null where it is not there, undefined where it cannot be read. */
  readonly sources = new Map<string, string | null | undefined>();
  readonly #options: ReadOptions;

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  /** Reads one. Rejects only when the signal says so. */
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

/** What is said about a file as a whole. */
export type Words = Pick<Diagnostic, "code" | "message" | "help">;

/** Why a file that is there has no text. */
export function describeFailure(file: string, result: Exclude<ReadResult, { kind: "missing" }>): Words {
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
