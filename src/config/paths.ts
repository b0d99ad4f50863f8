/** The name of the file that is looked for. */
export const WORKSPACE_FILE = "forwards.yaml";

/** The overlay of a root file, beside it: `forwards.local.yaml` for `forwards.yaml`. */
export function localFileOf(file: string): string {
  const [, stem = file, extension = ".yaml"] = /^(.*[^/])(\.ya?ml)$/.exec(file) ?? [];
  return `${stem}.local${extension}`;
}

/** Where a relative path begins, and what `~` stands for. */
export interface PathBase {
  /** The file that the path is written in. */
  readonly file: string;
  /** The home folder; absent: `~` cannot be expanded. */
  readonly home?: string | undefined;
}

/**
 * A path as a person wrote it, made usable: `~` and `~/…` begin at the home folder, a relative path at the folder of the
 * file. Undefined for `~name`, and for `~` where the home folder is not known.
 */
export function resolvePath(path: string, base: PathBase): string | undefined {
  if (path.startsWith("~")) {
    if (base.home === undefined || !/^~(\/|$)/.test(path)) return undefined;
    return normalize(base.home + path.slice(1));
  }
  if (isAbsolute(path)) return normalize(path);
  return normalize(folderOf(base.file) + path);
}

/** Whether a path does not depend on the current folder. */
export function isAbsolute(path: string): boolean {
  return /^(\/|[A-Za-z]:[\\/])/.test(path);
}

/** The folder of a file, with its `/` at the end; empty for a bare name. */
export function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}

/** Takes `.` and `..` out, as far as they can be without knowing the current folder. */
export function normalize(path: string): string {
  const root = path.startsWith("/") ? "/" : "";
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (root === "") kept.push(part);
  }
  return root + kept.join("/") || ".";
}
