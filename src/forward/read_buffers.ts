/** What a connection that carries little reads into: one message, and cheap to keep while it is idle. */
const SMALL = 16 * 1024;
/** What a busy direction reads into. Measured: 64 KiB relays at the speed of socat, 256 KiB a quarter faster; more gains nothing. */
const LARGE = 256 * 1024;
/** How many large buffers are kept for the next busy connection. */
const KEPT = 32;
/** How many small ones: short connections would else leave two each to the garbage collector, which lets 150 MB of them lie. */
const KEPT_SMALL = 256;
/** After this many reads in a row that would have fitted the small buffer, the large one goes back. */
const QUIET_READS = 16;

const spare: Uint8Array[] = [];
const spareSmall: Uint8Array[] = [];

/** The read buffer of one direction of one connection: small while idle, large while it is busy. */
export class ReadBuffer {
  #small: Uint8Array | null = null;
  #large: Uint8Array | null = null;
  #quiet = 0;

  /** The buffer for the next read. */
  get current(): Uint8Array {
    return this.#large ?? (this.#small ??= spareSmall.pop() ?? new Uint8Array(SMALL));
  }

  /** Learns from a read of `length` bytes into `current`. `free`: nobody looks at those bytes any more. */
  took(length: number, free: boolean): void {
    if (this.#large === null) {
      if (length === SMALL) this.#large = spare.pop() ?? new Uint8Array(LARGE);
      this.#quiet = 0;
    } else if (length > SMALL) {
      this.#quiet = 0;
    } else if (free && ++this.#quiet >= QUIET_READS) {
      this.#shrink(true);
    }
  }

  /** Gives the buffers back: nothing is read any more. `free` false: somebody may still look at their bytes, so they are not used again. */
  release(free: boolean): void {
    this.#shrink(free);
    if (this.#small !== null && free && spareSmall.length < KEPT_SMALL) spareSmall.push(this.#small);
    this.#small = null;
  }

  #shrink(free: boolean): void {
    if (this.#large !== null && free && spare.length < KEPT) spare.push(this.#large);
    this.#large = null;
    this.#quiet = 0;
  }
}
