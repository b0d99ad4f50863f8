import type { Clock } from "../model/world.ts";
import { type FileState, type FileWatch, watchFile } from "./file_watch.ts";

/** What was read of each file, by absolute path: its text; null where it was not there, undefined where it could not be read. */
export type FilesSeen = ReadonlyMap<string, string | null | undefined>;

/** Several files that are watched as one. */
export interface FilesWatch {
  /** Says what was read last: from now on these files are watched, and a difference from it is told. */
  follow(seen: FilesSeen): void;
  /** Looks at all of them now, as if something had happened. */
  check(): void;
  /** Ends it. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** Watches files as `watchFile` does each. `onChange` is told when one of them is no longer what was read last; it must not throw. */
export function watchFiles(
  seen: FilesSeen,
  options: { readonly clock: Clock; readonly onChange: () => void },
): FilesWatch {
  const watch = new Watch(options);
  watch.follow(seen);
  return watch;
}

class Watch implements FilesWatch {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #watches = new Map<string, FileWatch>();
  /** Watches that are ending. */
  #ending: Promise<void> = Promise.resolve();
  #seen: FilesSeen = new Map();
  #closed = false;

  constructor({ clock, onChange }: { readonly clock: Clock; readonly onChange: () => void }) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  follow(seen: FilesSeen): void {
    if (this.#closed) return;
    this.#seen = seen;
    for (const [path, watch] of this.#watches) {
      if (seen.has(path)) continue;
      this.#watches.delete(path);
      this.#end(watch);
    }
    for (const [path, text] of seen) {
      if (this.#watches.has(path)) continue;
      const state = stateOf(text);
      const watch = watchFile(path, {
        clock: this.#clock,
        ...(state === undefined ? {} : { seen: state }),
        onChange: (now) => this.#changed(path, now),
      });
      this.#watches.set(path, watch);
    }
  }

  check(): void {
    for (const watch of this.#watches.values()) watch.check();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const watch of this.#watches.values()) this.#end(watch);
    this.#watches.clear();
    await this.#ending;
  }

  #end(watch: FileWatch): void {
    this.#ending = Promise.all([this.#ending, watch.close()]).then(() => {});
  }

  /** A file that was read since it changed is no news: one save may touch several files. */
  #changed(path: string, now: FileState): void {
    const text = this.#seen.get(path);
    const isKnown = now.kind === "missing" ? text === null : now.kind === "content" && isSame(text, now.text);
    if (!isKnown && this.#seen.has(path)) this.#onChange();
  }
}

function stateOf(text: string | null | undefined): FileState | undefined {
  if (text === undefined) return undefined;
  return text === null ? { kind: "missing" } : { kind: "content", text };
}

/** Texts are compared without a byte order mark, which readers leave out. */
function isSame(read: string | null | undefined, now: string): boolean {
  return read === now || (typeof read === "string" && `\ufeff${read}` === now);
}
