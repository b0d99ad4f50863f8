import { relative } from "node:path";
import { loadWorkspace } from "../config/load.ts";
import type { FileReader } from "../config/read_files.ts";
import type { LoadedFile } from "../cli/services.ts";
import type { Host } from "./host.ts";

/** Reads files from disk, up to a limit. */
const diskReader: FileReader = {
  async read(path, { limit, signal }) {
    try {
      const { isFile, isDirectory, size } = await Deno.stat(path);
      if (isDirectory) return { kind: "folder" };
      if (!isFile) return { kind: "unreadable", detail: "it is not a plain file" };
      if (size > limit) return { kind: "too-large", size };
      return { kind: "bytes", bytes: await Deno.readFile(path, { signal }) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
        return { kind: "missing" };
      }
      if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
        return { kind: "unreadable", detail: "permission denied" };
      }
      return { kind: "unreadable", detail: error instanceof Error ? error.message : String(error) };
    }
  },
};

/** Reads and checks a file and what belongs to it; where none is given, the nearest `forwards.yaml` upward. Never rejects. */
export async function loadFile(host: Host, file: string | undefined): Promise<LoadedFile> {
  return await loadWith(host, { file, reader: diskReader });
}

/** The same with another text at `path` than the disk has there; null: as if there were no file. */
export async function loadChanged(
  host: Host,
  { file, path, text }: { readonly file: string; readonly path: string; readonly text: string | null },
): Promise<LoadedFile> {
  const reader: FileReader = {
    read: (asked, options) => {
      if (asked !== path) return diskReader.read(asked, options);
      return Promise.resolve(
        text === null ? { kind: "missing" } : { kind: "bytes", bytes: new TextEncoder().encode(text) },
      );
    },
  };
  return await loadWith(host, { file, reader });
}

async function loadWith(
  host: Host,
  { file, reader }: { readonly file: string | undefined; readonly reader: FileReader },
): Promise<LoadedFile> {
  const signal = new AbortController().signal;
  const loaded = await loadWorkspace({ reader, cwd: host.cwd, file, home: host.home, env: host.env, signal });
  const show = (path: string) => shownPath(path, host.cwd);
  return { ...loaded, show, shown: show(loaded.file) };
}

/** A path as people want to read it: relative where that does not lead out of the current folder. */
export function shownPath(path: string, cwd: string): string {
  const inside = relative(cwd, path);
  return inside === "" || inside.startsWith("..") ? path : inside;
}
