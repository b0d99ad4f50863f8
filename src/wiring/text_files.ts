import { resolve } from "node:path";
import type { TextFiles } from "../cli/text_files.ts";
import { shownPath } from "./workspace_files.ts";

/** The largest text that is read, in bytes: 16 MiB. */
const LIMIT = 16 * 1024 * 1024;

/** Files on disk, by paths from `cwd`, and this process' standard input. */
export function diskTexts(cwd: string): TextFiles {
  return {
    async read(path) {
      const name = path === "-" ? "standard input" : `'${path}'`;
      try {
        const bytes = path === "-" ? await readAll(Deno.stdin.readable) : await readFile(resolve(cwd, path));
        if (bytes === null) return { kind: "failed", message: `${name} has more than ${LIMIT} bytes` };
        return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
      } catch (error) {
        return { kind: "failed", message: `Cannot read ${name}: ${why(error)}` };
      }
    },
    async write(path, text, { replace }) {
      const full = resolve(cwd, path);
      const shown = shownPath(full, cwd);
      try {
        await Deno.writeTextFile(full, text, replace ? {} : { createNew: true });
        return { kind: "written", shown };
      } catch (error) {
        if (error instanceof Deno.errors.AlreadyExists) return { kind: "exists", shown };
        return { kind: "failed", message: `Cannot write '${path}': ${why(error)}` };
      }
    },
  };
}

async function readFile(path: string): Promise<Uint8Array | null> {
  const { size } = await Deno.stat(path);
  return size > LIMIT ? null : await Deno.readFile(path);
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > LIMIT) return null;
    chunks.push(new Uint8Array(chunk));
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function why(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "no such file or folder";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "permission denied";
  }
  if (error instanceof TypeError) return "it is not UTF-8 text";
  return error instanceof Error ? error.message : String(error);
}
