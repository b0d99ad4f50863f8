/** Runs asynchronous work one after the other, in the order it came; the failure of one does not keep the next from running. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => {});
    return next;
  }

  /** Resolves when all work that came before has ended. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
