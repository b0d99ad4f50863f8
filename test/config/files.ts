import type { FileReader } from "../../src/config/read_files.ts";

const FOLDER = "/team/app";

/** Where the files of `textFiles` are, to load them from. */
export const LOADING = { cwd: FOLDER, home: "/home/me", signal: new AbortController().signal } as const;

/** A file system of these texts. A relative path begins at the folder of `LOADING`. */
export function textFiles(files: Readonly<Record<string, string>>): FileReader {
  const byPath = new Map(
    Object.entries(files).map(([name, text]) => [name.startsWith("/") ? name : `${FOLDER}/${name}`, text]),
  );
  return {
    read(path) {
      const text = byPath.get(path);
      return Promise.resolve(
        text === undefined ? { kind: "missing" } : { kind: "bytes", bytes: new TextEncoder().encode(text) },
      );
    },
  };
}
