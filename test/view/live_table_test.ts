import assert from "node:assert/strict";
import fc from "fast-check";
import { port } from "../../src/model/port.ts";
import { frame } from "../../src/view/live_table.ts";
import { displayWidth } from "../../src/view/text.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { forward, FORWARDS, NOW, statusOf, TROUBLE } from "./fixtures.ts";
import { openGoldens } from "./golden.ts";

const goldens = openGoldens("view");
const { permissions } = goldens;
const theme = makeTheme({ color: false, ascii: false });
const hint = "Ctrl+C stops";

for (const [cols, rows] of [[80, 24], [40, 10], [300, 100]] as const) {
  Deno.test({ name: `a frame of ${cols}x${rows}`, permissions }, () => {
    const lines = frame(statusOf(), { cols, rows, theme, now: NOW, hint });
    goldens.check(`live_${cols}x${rows}.txt`, lines.join("\n") + "\n");
  });
  Deno.test({ name: `a frame of ${cols}x${rows} with trouble`, permissions }, () => {
    const lines = frame(statusOf(TROUBLE), { cols, rows, theme, now: NOW, hint });
    goldens.check(`live_${cols}x${rows}_trouble.txt`, lines.join("\n") + "\n");
  });
}

Deno.test({ name: "a frame with too many forwards shows the problems and counts the rest", permissions }, () => {
  const many = Array.from(
    { length: 40 },
    (_, at) => forward(`svc-${at}`, { listen: [{ host: "127.0.0.1", port: port(3000 + at) }] }),
  );
  const lines = frame(statusOf({ forwards: [...many, ...FORWARDS] }), {
    cols: 80,
    rows: 24,
    theme,
    now: NOW,
    hint,
  });
  goldens.check("live_many.txt", lines.join("\n") + "\n");
});

Deno.test({ name: "a frame in colour and without forwards", permissions }, () => {
  const colored = frame(statusOf(), {
    cols: 80,
    rows: 24,
    theme: makeTheme({ color: true, ascii: true }),
    now: NOW,
    hint,
  });
  goldens.check("live_color_ascii.txt", colored.join("\n") + "\n");
  const empty = frame(statusOf({ forwards: [] }), { cols: 80, rows: 24, theme, now: NOW, hint });
  goldens.check("live_empty.txt", empty.join("\n") + "\n");
});

Deno.test({ name: "a frame fits every terminal", permissions }, () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      (cols, rows, trouble) => {
        const lines = frame(statusOf(trouble ? TROUBLE : {}), { cols, rows, theme, now: NOW, hint });
        assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
        if (cols >= 30) { for (const line of lines) assert.ok(displayWidth(line) <= cols, `${cols}: ${line}`); }
      },
    ),
    { numRuns: 300 },
  );
});
