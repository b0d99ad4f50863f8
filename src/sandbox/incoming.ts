/** Bytes for a pod that wait in memory before the whole tunnel waits, as it does in Kubernetes: there is no flow control per stream. */
const maxWaiting = 1024 * 1024;

/** What one client stream sends to the pod, until the pod takes it. */
export class Incoming {
  readonly #pieces: Uint8Array[] = [];
  #waiting = 0;
  #ended = false;
  #wake = () => {};
  #drained = () => {};

  push(piece: Uint8Array): void {
    if (this.#ended || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#waiting += piece.length;
    this.#wake();
  }

  /** No more comes; what is there is dropped when `now`. */
  end(options: { readonly now: boolean }): void {
    this.#ended = true;
    if (options.now) {
      this.#pieces.length = 0;
      this.#waiting = 0;
    }
    this.#wake();
    this.#drained();
  }

  /** The next piece, or null at the end. */
  async take(): Promise<Uint8Array | null> {
    while (true) {
      const piece = this.#pieces.shift();
      if (piece !== undefined) {
        this.#waiting -= piece.length;
        this.#drained();
        return piece;
      }
      if (this.#ended) return null;
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      await woken.promise;
    }
  }

  /** Resolves when there is room for more. */
  async room(): Promise<void> {
    while (this.#waiting > maxWaiting && !this.#ended) {
      const drained = Promise.withResolvers<void>();
      this.#drained = drained.resolve;
      await drained.promise;
    }
  }
}
