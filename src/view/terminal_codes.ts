/** Hides the cursor, and shows it again. */
export const HIDE_CURSOR = "\u001b[?25l";
/** See `HIDE_CURSOR`. */
export const SHOW_CURSOR = "\u001b[?25h";

/** Text that a terminal shows at once where it knows synchronized output; the others ignore what is added. */
export function atOnce(text: string): string {
  return `\u001b[?2026h${text}\u001b[?2026l`;
}
