import { basename, dirname, resolve } from "node:path";
import type { Clock } from "../model/world.ts";

/** What is at a path. */
export type FileState =
  | { readonly kind: "content"; readonly text: string }
  | { readonly kind: "missing" }
  /** There, but cannot be read as a file: a directory, no permission, not UTF-8. */
  | { readonly kind: "unreadable"; readonly message: string };

/** How a file is watched. */
export interface FileWatchOptions {
  readonly clock: Clock;
  /** What the caller has seen already: a difference from it is told at once. Absent: whatever is there first is taken as seen. */
  readonly seen?: FileState;
  /** Told of each new state; never twice in a row of the same one. Must not throw. */
  readonly onChange: (state: FileState) => void;
  /** Milliseconds of silence after an event before the file is read; absent: 60. */
  readonly debounce?: number;
  /** Milliseconds between looks while the file's directory is away, or while the path leads elsewhere; absent: 500. */
  readonly poll?: number;
}

/** A watch under way. */
export interface FileWatch {
  /** Resolves once changes from now on are seen. */
  readonly ready: Promise<void>;
  /** Looks now, as if something had happened: after sleep, or on a file system that tells nothing. */
  check(): void;
  /** Ends it. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Reads what is at `path`. Never rejects. */
export async function readFileState(path: string): Promise<FileState> {
  try {
    const bytes = await Deno.readFile(path);
    return { kind: "content", text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return { kind: "missing" };
    return { kind: "unreadable", message: whyUnreadable(error) };
  }
}

function whyUnreadable(error: unknown): string {
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (error instanceof Deno.errors.PermissionDenied || error instanceof Deno.errors.NotCapable) {
    return "no permission to read it";
  }
  if (error instanceof TypeError) return "it is not UTF-8 text";
  return error instanceof Error ? error.message : String(error);
}

/**
 * Tells when the content of the file at `path` is another one. Watches its directory, since editors rename over files and a watch on the
 * file itself would be left with the old one; where the path is a symbolic link, the directory of what it leads to as well. A save
 * shows as one change once it is quiet for `debounce`, and only if the content differs. A directory that goes away is looked for until it is back,
 * and where the path leads is looked at every `poll`.
 */
export function watchFile(path: string, options: FileWatchOptions): FileWatch {
  return new Watch(resolve(path), options);
}

class Watch implements FileWatch {
  readonly ready: Promise<void>;
  readonly #path: string;
  readonly #options: FileWatchOptions;
  #seen: FileState | undefined;
  #closed = false;
  /** One per directory, with the identities that say whether they watch what is at those paths now. */
  #watchers: readonly Deno.FsWatcher[] = [];
  #identity = "";
  #pumps: Promise<void>[] = [];
  /** Whether the path leads elsewhere: then any event in the directories may concern it. */
  #linked = false;
  #cancelTimer: (() => void) | null = null;
  /** When the first event came that has not been answered by a look; monotonic. */
  #waitingSince: number | null = null;
  #looking: Promise<void>;

  constructor(path: string, options: FileWatchOptions) {
    this.#path = path;
    this.#options = options;
    this.#seen = options.seen;
    this.#looking = this.#look();
    this.ready = this.#looking;
  }

  check(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#waitingSince = null;
    this.#looking = this.#looking.then(() => this.#look());
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#unwatch();
    await this.#looking;
    await Promise.all(this.#pumps);
  }

  /** Looks once it is quiet, but at a file that is written all the time now and then too. */
  #soon(): void {
    if (this.#closed) return;
    const { clock, debounce = 60 } = this.#options;
    const now = clock.monotonic();
    this.#waitingSince ??= now;
    const left = this.#waitingSince + debounce * 5 - now;
    this.#lookAfter(Math.min(debounce, Math.max(0, left)));
  }

  #lookAfter(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.clock.after(ms, () => this.check());
  }

  async #look(): Promise<void> {
    await this.#watchAnew();
    const state = await readFileState(this.#path);
    if (this.#closed) return;
    const before = this.#seen;
    this.#seen = state;
    if (before !== undefined && !sameState(before, state)) this.#options.onChange(state);
    // Of a link that comes to lead elsewhere Deno tells nothing: it files the event under what the link leads to by then.
    const untold = this.#watchers.length === 0 || this.#linked;
    if (untold && this.#cancelTimer === null) this.#lookAfter(this.#options.poll ?? 500);
  }

  /** Makes the watchers those of the directories that are at the paths now. */
  async #watchAnew(): Promise<void> {
    const directories = await this.#directories();
    const identity = [...directories].map(([id, path]) => `${id} ${path}`).join("\n");
    if (this.#closed || identity === this.#identity) return;
    this.#unwatch();
    const watchers: Deno.FsWatcher[] = [];
    try {
      for (const path of directories.values()) watchers.push(Deno.watchFs(path, { recursive: false }));
      this.#watchers = watchers;
      this.#identity = identity;
    } catch {
      // It went away this moment, or must not be watched. Without watchers the poll looks again.
      for (const watcher of watchers) watcher.close();
      return;
    }
    this.#pumps = watchers.map((watcher) => this.#pump(watcher));
  }

  /** By identity: the file's directory and, where the path leads elsewhere, the directory of what it leads to. */
  async #directories(): Promise<ReadonlyMap<string, string>> {
    const real = await Deno.realPath(this.#path).catch(() => this.#path);
    const isLink = (await Deno.lstat(this.#path).catch(() => null))?.isSymlink === true;
    this.#linked = isLink || real !== this.#path;
    const found = new Map<string, string>();
    for (const path of new Set([dirname(this.#path), dirname(real)])) {
      const info = await Deno.stat(path).catch(() => null);
      if (info?.isDirectory === true) found.set(`${info.dev}:${info.ino}`, path);
    }
    return found;
  }

  #unwatch(): void {
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    this.#identity = "";
  }

  async #pump(watcher: Deno.FsWatcher): Promise<void> {
    const name = basename(this.#path);
    const directory = dirname(this.#path);
    for await (const { kind, paths } of watcher) {
      // Reading the file is an event too.
      if (kind === "access") continue;
      if (this.#linked || paths.some((path) => basename(path) === name || path === directory)) this.#soon();
    }
  }
}

function sameState(a: FileState, b: FileState): boolean {
  switch (a.kind) {
    case "content":
      return b.kind === "content" && a.text === b.text;
    case "missing":
      return b.kind === "missing";
    case "unreadable":
      return b.kind === "unreadable" && a.message === b.message;
    default:
      return a satisfies never;
  }
}
