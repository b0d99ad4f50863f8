import type { Duplex } from "../model/stream.ts";

/** How much a client may have said for it still to be said again to another backend, in bytes. */
const LIMIT = 64 * 1024;

/**
 * What a client says, kept until a backend has answered, so that it can be said again to another one. Bounded: who says
 * more than 64 KiB unanswered is bound to the backend that heard it.
 */
export class Recording {
  readonly #client: Duplex;
  readonly #count: (bytes: number) => void;
  #heard: (Uint8Array | null)[] = [];
  #size = 0;
  #complete = true;
  #committed = false;
  #pending: Promise<Uint8Array | null> | null = null;

  /** `count` hears once of every byte that the client says. */
  constructor(client: Duplex, count: (bytes: number) => void) {
    this.#client = client;
    this.#count = count;
  }

  /** Whether all that was said so far can be said again. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether a backend has answered. */
  get committed(): boolean {
    return this.#committed;
  }

  /** Whether all that the client says from now on concerns one backend alone: what was kept has been read, and nothing more will be. */
  get over(): boolean {
    return !this.#complete && this.#heard.length === 0 && this.#pending === null;
  }

  /** A backend has answered: nothing more is kept. */
  commit(): void {
    this.#committed = true;
    this.#complete = false;
  }

  /** Reads from the client's first word on. One replay is read at a time; an older one must not be read again. */
  replay(): { read(): Promise<Uint8Array | null> } {
    let next = 0;
    return {
      read: async () => {
        const known = this.#heard[next];
        if (known !== undefined) {
          next++;
          return known;
        }
        if (!this.#complete && this.#heard.length > 0) this.#heard = [];
        next++;
        return await (this.#pending ??= this.#hear());
      },
    };
  }

  async #hear(): Promise<Uint8Array | null> {
    try {
      const bytes = await this.#client.read();
      this.#count(bytes?.length ?? 0);
      if (!this.#complete) return bytes;
      this.#size += bytes?.length ?? 0;
      if (this.#size > LIMIT) {
        this.#complete = false;
        return bytes;
      }
      const kept = bytes === null ? null : bytes.slice();
      this.#heard.push(kept);
      return kept;
    } finally {
      this.#pending = null;
    }
  }
}
