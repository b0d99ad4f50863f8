/** Buffers of one size for whoever needs one for a while, so that busy connections do not allocate at every read. */
export class BufferPool {
  readonly size: number;
  readonly #most: number;
  readonly #spare: Uint8Array[] = [];

  /** `size` in bytes; `most`: how many are kept. */
  constructor(size: number, most: number) {
    this.size = size;
    this.#most = most;
  }

  take(): Uint8Array {
    return this.#spare.pop() ?? new Uint8Array(this.size);
  }

  /** Gives one back that nobody looks at any more. One of another size is left to the garbage collector. */
  give(buffer: Uint8Array): void {
    if (buffer.length === this.size && this.#spare.length < this.#most) this.#spare.push(buffer);
  }
}

/** What a connection that carries little reads into: one message, and cheap to keep while it is idle. */
const SMALL = 16 * 1024;
/** Small buffers are kept as well: short connections would else leave two each to the garbage collector, which lets 150 MB of them lie. */
const SMALL_BUFFERS = new BufferPool(SMALL, 256);
/** After this many reads in a row that would have fitted the small buffer, the large one goes back. */
const QUIET_READS = 16;

/** The read buffer of one direction of one connection: small while idle, large (of the pool given) while it is busy. */
export class ReadBuffer {
  readonly #pool: BufferPool;
  #small: Uint8Array | null = null;
  #large: Uint8Array | null = null;
  #quiet = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** The buffer for the next read. */
  get current(): Uint8Array {
    return this.#large ?? (this.#small ??= SMALL_BUFFERS.take());
  }

  /** Learns from a read of `length` bytes into `current`. `free`: nobody looks at those bytes any more. */
  took(length: number, free: boolean): void {
    if (this.#large === null) {
      if (length === SMALL) this.#large = this.#pool.take();
      this.#quiet = 0;
    } else if (length > SMALL) {
      this.#quiet = 0;
    } else if (free && ++this.#quiet >= QUIET_READS) {
      this.#shrink(true);
    }
  }

  /** Leaves the buffer of the last read to whoever looks at it: the next read goes into another one. */
  leave(): void {
    if (this.#large === null) this.#small = null;
    else this.#large = this.#pool.take();
  }

  /** Gives the buffers back: nothing is read any more. `free` false: somebody may still look at their bytes, so they are not used again. */
  release(free: boolean): void {
    this.#shrink(free);
    if (this.#small !== null && free) SMALL_BUFFERS.give(this.#small);
    this.#small = null;
  }

  #shrink(free: boolean): void {
    if (this.#large !== null && free) this.#pool.give(this.#large);
    this.#large = null;
    this.#quiet = 0;
  }
}
