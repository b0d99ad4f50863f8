import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameWriter } from "../../src/cli/frame_writer.ts";
import type { TerminalSize } from "../../src/cli/services.ts";

const permissions = "none";

/** As much of a terminal as the writer uses; an unknown sequence fails the test. */
class Screen {
  readonly isTerminal = true;
  size: TerminalSize;
  cursorShown = true;
  written = 0;
  #lines: string[] = [""];
  #row = 0;
  #col = 0;

  constructor(size: TerminalSize) {
    this.size = size;
  }

  /** All lines since the start, those that have scrolled out too, without empty ones at the end. */
  get lines(): readonly string[] {
    const lines = this.#lines.map((line) => line.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.size.rows);
  }

  write(text: string): void {
    this.written += text.length;
    for (const [token] of text.matchAll(/\p{Cc}\[\??[\d;]*[A-Za-z]|[^]/gu)) this.#token(token);
  }

  #token(token: string): void {
    const csi = /^\p{Cc}\[(\??)(\d*)([A-Za-z])$/u.exec(token);
    if (csi === null) return this.#plain(token);
    const [, mark, number = "", letter] = csi;
    if (mark === "?") {
      if (number === "25") this.cursorShown = letter === "h";
      else assert.equal(number, "2026");
    } else if (letter === "A") this.#row = Math.max(this.#top, this.#row - Number(number));
    else if (letter === "K") this.#lines[this.#row] = "";
    else if (letter === "H") [this.#row, this.#col] = [this.#top, 0];
    else if (letter === "J") {
      if (number === "0") {
        this.#lines[this.#row] = (this.#lines[this.#row] ?? "").slice(0, this.#col);
        for (let row = this.#row + 1; row < this.#lines.length; row++) this.#lines[row] = "";
      } else for (let row = this.#top; row < this.#lines.length; row++) this.#lines[row] = "";
    } else assert.fail(`unknown sequence ${JSON.stringify(token)}`);
  }

  #plain(char: string): void {
    if (char === "\r") this.#col = 0;
    else if (char === "\n") {
      this.#row++;
      if (this.#row === this.#lines.length) this.#lines.push("");
    } else {
      assert.ok(this.#col < this.size.cols, "a line is wider than the terminal");
      const line = (this.#lines[this.#row] ?? "").padEnd(this.#col);
      this.#lines[this.#row] = line.slice(0, this.#col) + char + line.slice(this.#col + 1);
      this.#col++;
    }
  }
}

function writerOn(screen: Screen): FrameWriter {
  return new FrameWriter(screen, () => screen.size);
}

Deno.test({ name: "whatever was drawn before, the screen ends with the last frame", permissions }, () => {
  const lines = fc.array(fc.constantFrom("a", "bb", "ccc", "dddd", "e e"), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(lines, { maxLength: 12 }), lines, (frames, last) => {
      const screen = new Screen({ cols: 20, rows: 10 });
      const writer = writerOn(screen);
      for (const each of frames) writer.draw(each);
      writer.draw(last);
      writer.end();
      assert.deepEqual(screen.lines.filter((line) => line !== ""), last);
      assert.ok(screen.cursorShown);
    }),
    { numRuns: 500 },
  );
});

Deno.test({ name: "only lines that changed are written again", permissions }, () => {
  const screen = new Screen({ cols: 80, rows: 24 });
  const writer = writerOn(screen);
  const frame = Array.from({ length: 20 }, (_, row) => `${row}`.padEnd(70, "x"));
  writer.draw(frame);
  const before = screen.written;
  writer.draw(frame.with(7, "changed"));
  assert.ok(screen.written - before < 150, `${screen.written - before} characters`);
  assert.deepEqual(screen.lines, frame.with(7, "changed"));
});

Deno.test({ name: "a resize draws everything anew", permissions }, () => {
  const screen = new Screen({ cols: 20, rows: 10 });
  const writer = writerOn(screen);
  writer.draw(["one", "two"]);
  screen.size = { cols: 10, rows: 5 };
  writer.draw(["one", "two"]);
  assert.deepEqual(screen.lines, ["one", "two"]);
});

Deno.test({ name: "after the end nothing is written, and what was never drawn needs no cursor", permissions }, () => {
  const screen = new Screen({ cols: 20, rows: 10 });
  const writer = writerOn(screen);
  writer.end();
  writer.draw(["late"]);
  writer.end();
  assert.equal(screen.written, 0);
});
