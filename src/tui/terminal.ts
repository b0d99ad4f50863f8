import type { Size } from "./model.ts";

/** The terminal that the screen is drawn on. */
export interface Terminal {
  write(text: string): void;
  size(): Size;
  onResize(listener: () => void): () => void;
  /** Whether somebody can type. */
  readonly keyboard: boolean;
  /**
   * Hands over each key as it is typed, Ctrl+C among them, until the returned function is called: then the terminal reads lines again and what
   * is typed is left to others.
   */
  onInput(listener: (text: string) => void): () => void;
  /** Calls `listener` when the process is about to end because of a bug, or is hung up. */
  onCrash(listener: () => void): () => void;
}

/** What the keys `e` and `o` need of the machine. */
export interface Helpers {
  /** Runs an editor on the terminal and waits for its end. Resolves with what went wrong, in words, or null. */
  edit(place: { readonly file: string; readonly line: number; readonly column: number }): Promise<string | null>;
  /** Opens a URL in the browser. Resolves with what went wrong, in words, or null. */
  open(url: string): Promise<string | null>;
}
