import type { Output } from "../../src/cli/services.ts";

/** An output that a test reads. */
export class FakeOutput implements Output {
  text = "";
  isTerminal = false;

  write(text: string): void {
    this.text += text;
  }
}

/** A keyboard that a test types on. */
export class FakeKeyboard {
  #listener: ((text: string) => void) | null = null;
  readonly asked: string[] = [];

  /** Whether what is typed is read. */
  get read(): boolean {
    return this.#listener !== null;
  }

  listen(listener: (text: string) => void): () => void {
    this.#listener = listener;
    return () => this.#listener = null;
  }

  type(text: string): void {
    this.#listener?.(text);
  }

  help(what: string): Promise<string | null> {
    this.asked.push(what);
    return Promise.resolve(null);
  }
}
