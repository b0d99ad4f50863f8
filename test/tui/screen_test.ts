import assert from "node:assert/strict";
import { Screen } from "../../src/tui/screen.ts";

const permissions = "none";
const size = { cols: 5, rows: 3 };

function opened(): { readonly screen: Screen; readonly take: () => string } {
  let text = "";
  const screen = new Screen((more) => text += more);
  screen.enter();
  const take = () => {
    const taken = text;
    text = "";
    return taken;
  };
  take();
  return { screen, take };
}

Deno.test(
  { name: "only lines that changed are written, and a frame like the last one costs nothing", permissions },
  () => {
    const { screen, take } = opened();
    screen.draw(["one", "two", ""], size);
    assert.match(take(), /\[2J.*one.*two/);
    screen.draw(["one", "two", ""], size);
    assert.equal(take(), "");
    screen.draw(["one", "2", ""], size);
    assert.equal(take(), "\u001b[?2026h\u001b[2;1H2\u001b[K\u001b[?2026l");
  },
);

Deno.test({ name: "a line as wide as the terminal keeps its last character", permissions }, () => {
  const { screen, take } = opened();
  screen.draw(["one", "", ""], size);
  take();
  screen.draw(["12345", "\u001b[1m日本x\u001b[22m", ""], size);
  assert.ok(!take().includes("\u001b[K"), "clearing to the end takes the last column with it");
});

Deno.test(
  { name: "another size, or what was forgotten, is drawn whole; what is left is not drawn on", permissions },
  () => {
    const { screen, take } = opened();
    screen.draw(["one", "two", ""], size);
    take();
    screen.draw(["one", "two", ""], { cols: 6, rows: 3 });
    assert.match(take(), /\[2J.*one.*two/);
    screen.forget();
    screen.draw(["one", "two", ""], { cols: 6, rows: 3 });
    assert.match(take(), /one.*two/);
    screen.leave();
    assert.ok(take().endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l"));
    screen.leave();
    screen.draw(["x"], size);
    assert.equal(take(), "");
  },
);
