/** The screen before hundreds of forwards that all flap: few frames, and the last one shows what is. */
import assert from "node:assert/strict";
import { Flapping } from "../../tasks/bench/flapping.ts";
import { openFlappingScreen } from "../../tasks/bench/flapping_screen.ts";
import { FakeClock, settle } from "../fakes/clock.ts";

const COUNT = 300;
/** A forward with a message takes two lines. */
const SIZE = { cols: 160, rows: 2 * COUNT + 20 };

/** What a terminal shows that is written lines as the screen writes them. */
class Paper {
  readonly lines: string[] = [];
  writes = 0;

  write(text: string): void {
    this.writes++;
    // deno-lint-ignore no-control-regex -- the sequences of a terminal are what is read
    for (const [, row, line = ""] of text.matchAll(/\x1b\[(\d+);1H([^]*?)(?=\x1b\[\d+;1H|\x1b\[\?2026l)/g)) {
      this.lines[Number(row) - 1] = line.replace("\x1b[K", "");
    }
  }
}

Deno.test(
  { name: "the screen: 300 flapping forwards end up right, with few frames", permissions: "none" },
  async () => {
    const clock = new FakeClock();
    const forwards = new Flapping(COUNT, clock);
    const paper = new Paper();
    const { screen } = openFlappingScreen(forwards, {
      size: SIZE,
      color: false,
      clock,
      write: (text) => paper.write(text),
    });
    await settle();
    const before = paper.writes;
    const still = forwards.run();
    // Three seconds: each forward goes there, back and there again.
    for (let turn = 0; turn < 301; turn++) {
      await clock.advance(10);
      await settle();
    }
    still();
    for (let at = 0; at < COUNT; at += 7) forwards.flip(at);
    await clock.advance(1_000);
    await settle();
    assert.ok(paper.writes - before <= 45, `${paper.writes - before} frames for 900 changes in three seconds`);
    for (const { name, status } of forwards.forwards) {
      const line = paper.lines.find((one) => one.includes(` ${name} `));
      assert.ok(line?.includes(status), `${name} is ${status}: ${line}`);
    }
    assert.deepEqual(new Set(forwards.forwards.map(({ status }) => status)), new Set(["Active", "Reconnecting"]));
    screen.close();
    assert.equal(clock.pending, 0);
  },
);
