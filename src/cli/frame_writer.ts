import { atOnce, HIDE_CURSOR, SHOW_CURSOR } from "../view/terminal_codes.ts";
import type { Output, TerminalSize } from "./services.ts";

const CLEAR_LINE = "\u001b[2K";
const CLEAR_BELOW = "\u001b[0J";
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/**
 * Keeps a block of lines at the bottom of what a terminal shows and rewrites only lines that changed. What came before
 * stays in the scrollback. Lines must fit the terminal: at most `rows` of at most `cols` columns.
 */
export class FrameWriter {
  readonly #output: Output;
  readonly #size: () => TerminalSize;
  #lines: readonly string[] = [];
  #drawnFor: TerminalSize | null = null;
  #ended = false;

  constructor(output: Output, size: () => TerminalSize) {
    this.#output = output;
    this.#size = size;
  }

  /** Shows these lines in place of the last ones. */
  draw(lines: readonly string[]): void {
    if (this.#ended) return;
    const size = this.#size();
    let text = this.#drawnFor === null ? HIDE_CURSOR : "";
    if (this.#drawnFor !== null && (this.#drawnFor.cols !== size.cols || this.#drawnFor.rows !== size.rows)) {
      // The terminal has broken the old lines anew: where they are now, nobody knows.
      text += CLEAR_SCREEN;
      this.#lines = [];
    }
    this.#drawnFor = size;
    text += this.#toTop();
    lines.forEach((line, index) => {
      if (index > 0) text += "\r\n";
      if (line !== this.#lines[index]) text += CLEAR_LINE + line;
    });
    if (lines.length < this.#lines.length) text += `\r\n${CLEAR_BELOW}\u001b[1A`;
    this.#lines = lines;
    this.#output.write(atOnce(text));
  }

  /** Leaves the last block where it is and gives the terminal back as it was. Repeated calls do nothing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#drawnFor !== null) this.#output.write(`${this.#lines.length > 0 ? "\r\n" : ""}${SHOW_CURSOR}`);
  }

  #toTop(): string {
    const up = this.#lines.length - 1;
    return up > 0 ? `\r\u001b[${up}A` : "\r";
  }
}
