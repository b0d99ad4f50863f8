import { atOnce, HIDE_CURSOR, SHOW_CURSOR } from "../view/terminal_codes.ts";
import { displayWidth } from "../view/text.ts";
import type { Size } from "./model.ts";

/** The second screen, with the cursor hidden and lines that do not wrap. */
const ENTER = `\u001b[?1049h${HIDE_CURSOR}\u001b[?7l\u001b[2J`;
const LEAVE = `\u001b[?7h${SHOW_CURSOR}\u001b[?1049l`;
const CLEAR_TO_END = "\u001b[K";
const RESET = "\u001b[m";

/**
 * The whole terminal, on its second screen: what was there before comes back at the end. Only lines that changed are written, so that a frame
 * like the last one costs nothing. Lines must fit the terminal.
 */
export class Screen {
  readonly #write: (text: string) => void;
  #lines: readonly string[] | null = null;
  #size: Size | null = null;
  #entered = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes the terminal. Repeated calls do nothing. */
  enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    this.#lines = null;
    this.#write(ENTER);
  }

  /** Gives the terminal back as it was. Repeated calls do nothing; `enter` may follow. */
  leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    this.#write(RESET + LEAVE);
  }

  /** The next frame is written whole: something else may have written to the terminal. */
  forget(): void {
    this.#lines = null;
  }

  /** Shows these lines, the first at the top. */
  draw(lines: readonly string[], size: Size): void {
    if (!this.#entered) return;
    // The terminal has moved what it showed when its size changed.
    if (this.#size?.cols !== size.cols || this.#size.rows !== size.rows) this.#lines = null;
    const old = this.#lines;
    let text = old === null ? "\u001b[2J" : "";
    lines.forEach((line, row) => {
      if (old !== null && old[row] === line) return;
      // After a line as wide as the terminal the cursor is still on its last column: clearing would take that away.
      const rest = old === null || displayWidth(line) >= size.cols ? "" : CLEAR_TO_END;
      text += `\u001b[${row + 1};1H${line}${rest}`;
    });
    for (let row = lines.length; row < (old?.length ?? 0); row++) text += `\u001b[${row + 1};1H${CLEAR_TO_END}`;
    this.#lines = lines;
    this.#size = size;
    if (text !== "") this.#write(atOnce(text));
  }

  /** Puts text into the terminal's clipboard (OSC 52), where the terminal permits it. */
  copy(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.#write(`\u001b]52;c;${btoa(String.fromCharCode(...bytes))}\u0007`);
  }
}
