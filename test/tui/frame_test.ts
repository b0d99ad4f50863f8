import assert from "node:assert/strict";
import fc from "fast-check";
import { frame } from "../../src/tui/frame.ts";
import type { Message, TuiState } from "../../src/tui/model.ts";
import { update } from "../../src/tui/update.ts";
import { displayWidth } from "../../src/view/text.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { port } from "../../src/model/port.ts";
import { forward, FORWARDS, MIXED_PLAN, NOW, statusOf, TROUBLE } from "../view/fixtures.ts";
import { openGoldens } from "../view/golden.ts";
import { MOMENTS, pressed, replay, start } from "./replay.ts";

const goldens = openGoldens("tui");
const { permissions } = goldens;
const plain = makeTheme({ color: false, ascii: false });

const SIZES = [[80, 24], [40, 10], [300, 100]] as const;
const THEMES = {
  color: makeTheme({ color: true, ascii: false }),
  plain,
  ascii: makeTheme({ color: false, ascii: true }),
};

function draw(state: TuiState, theme = plain): string {
  return frame(state, { ...state.size, theme }).map((line) => `${line}\n`).join("");
}

function after(state: TuiState, messages: readonly Message[]): TuiState {
  return messages.reduce((now, message) => update(now, message).state, state);
}

for (const [cols, rows] of SIZES) {
  const size = { cols, rows };
  for (const [name, theme] of Object.entries(THEMES)) {
    Deno.test({ name: `the recorded run at ${cols}x${rows}, ${name}`, permissions }, () => {
      const pictures = MOMENTS.map((moment) => `== ${moment}\n${draw(replay(moment, { size }), theme)}`);
      goldens.check(`run_${cols}x${rows}_${name}.txt`, pictures.join(""));
    });
  }
  Deno.test({ name: `the other views at ${cols}x${rows}`, permissions }, () => {
    const keys: readonly (readonly [string, string])[] = [
      ["filter", "/play"],
      ["problems first", "!"],
      ["log", "l"],
      ["help", "?"],
    ];
    const pictures = keys.map(([name, typed]) => `== ${name}\n${draw(after(replay("end", { size }), pressed(typed)))}`);
    // Details come with the recording for the forward that is open.
    const opened = after(start(size), [
      { kind: "status", document: replay("end", { size }).document ?? statusOf() },
      ...pressed("<down><enter>"),
    ]);
    const details = replayDetails(opened, size);
    const plan = after(replay("end", { size }), [
      ...pressed("p"),
      { kind: "plan", plan: MIXED_PLAN },
      ...pressed("jjjja"),
    ]);
    pictures.push(`== details\n${draw(details)}`, `== plan\n${draw(plan)}`);
    goldens.check(`views_${cols}x${rows}.txt`, pictures.join(""));
  });
}

/** The recording's details, for a state in which their forward is open. */
function replayDetails(opened: TuiState, size: TuiState["size"]): TuiState {
  const { details } = replay("end", { size, keys: [] });
  assert.equal(details, null, "nothing is open in the recording itself");
  const whole = replay("end", {
    size,
    keys: [{ kind: "status", document: opened.document ?? statusOf() }, ...pressed("<down><enter>")],
  });
  assert.ok(whole.details?.details !== null, "the recording has details of the second forward");
  return whole;
}

Deno.test(
  { name: "names are whole wherever there is room, and the cursor is in sight among hundreds", permissions },
  () => {
    const forwards = Array.from({ length: 300 }, (_, at) =>
      forward(`service-with-a-long-name-${at}`, {
        cluster: at < 150 ? "dev" : "staging",
        listen: [{ host: "127.0.0.1", port: port(3000 + at) }],
      }));
    const size = { cols: 80, rows: 24 };
    let state = after(start(size), [{ kind: "tick", now: NOW }, { kind: "status", document: statusOf({ forwards }) }]);
    goldens.check(
      "many_80x24.txt",
      draw(state) + draw(after(state, pressed("<page-down><page-down>"))) + draw(after(state, pressed("G"))),
    );
    for (let at = 0; at < 300; at += 7) {
      const shown = draw(state);
      assert.ok(shown.includes(`▸ service-with-a-long-name-${at} `), `forward ${at}\n${shown}`);
      state = after(state, pressed("jjjjjjj"));
    }
  },
);

const awkward = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("日本語のサービス名前", "👩‍👩‍👧‍👦🚀🧪", "\u001b[31mred\u001b[0m", "e\u0301e\u0301", "a\tb\nc", "🇩🇪🇫🇷"),
);

Deno.test({ name: "a frame has as many lines as the terminal, and none is wider", permissions }, () => {
  fc.assert(
    fc.property(
      fc.record({
        cols: fc.integer({ min: 1, max: 200 }),
        rows: fc.integer({ min: 1, max: 50 }),
        names: fc.array(awkward, { maxLength: 30 }),
        message: awkward,
        keys: fc.constantFrom("", "<enter>", "p", "l", "?", "/x", "!", "jjj", "G", "p<down> ", "/ré日"),
        trouble: fc.boolean(),
        theme: fc.constantFrom(...Object.values(THEMES)),
      }),
      ({ cols, rows, names, message, keys, trouble, theme }) => {
        const more = names.map((name, at) =>
          forward(name, { ...FORWARDS[at % FORWARDS.length], name, message: at % 2 === 0 ? message : null })
        );
        const state = after(start({ cols, rows }), [
          { kind: "tick", now: NOW },
          { kind: "status", document: statusOf({ forwards: more, ...(trouble ? TROUBLE : {}) }) },
          {
            kind: "event",
            event: {
              time: new Date(NOW).toISOString(),
              type: "progress",
              key: "cluster:x",
              status: null,
              reason: null,
              message,
            },
          },
          { kind: "note", line: message },
          ...pressed(keys),
          { kind: "plan", plan: MIXED_PLAN },
        ]);
        const lines = frame(state, { cols, rows, theme });
        assert.equal(lines.length, rows);
        for (const line of lines) {
          assert.ok(displayWidth(line) <= cols, `${displayWidth(line)} columns in ${cols}: ${JSON.stringify(line)}`);
          assert.doesNotMatch(line, /[\t\r\n]/);
        }
      },
    ),
    { numRuns: 400 },
  );
});
