import assert from "node:assert/strict";
import fc from "fast-check";
import { editorArgv } from "../../src/tui/editor.ts";
import { type Key, KeyDecoder } from "../../src/tui/keys.ts";

const permissions = "none";

function decode(...chunks: readonly string[]): readonly string[] {
  const decoder = new KeyDecoder();
  const keys = chunks.flatMap((chunk) => decoder.push(chunk));
  return [...keys, ...decoder.flush()].map((key: Key) => key.name === "text" ? key.text : key.name);
}

Deno.test({ name: "what a terminal sends becomes keys", permissions }, () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["a", ["a"]],
    ["jk/", ["j", "k", "/"]],
    ["é日🚀", ["é", "日", "🚀"]],
    ["\u001b[A\u001b[B\u001b[C\u001b[D", ["up", "down", "right", "left"]],
    ["\u001bOA\u001bOB", ["up", "down"]],
    ["\u001b[5~\u001b[6~", ["page-up", "page-down"]],
    ["\u001b[H\u001b[F\u001b[1~\u001b[4~", ["home", "end", "home", "end"]],
    ["\r\n\t\u007f\u0008", ["enter", "enter", "tab", "backspace", "backspace"]],
    ["\u0003\u000c\u0015", ["ctrl-c", "ctrl-l", "ctrl-u"]],
    ["\u001b", ["escape"]],
    ["\u001b\u001b", ["escape", "escape"]],
    ["\u001b[1;5Aq", ["q"]],
    ["\u001b[200~x", ["x"]],
    ["\u001bx", []],
    ["\u0001\u0002", []],
  ];
  for (const [sent, keys] of cases) assert.deepEqual(decode(sent), keys, JSON.stringify(sent));
});

Deno.test({ name: "a sequence may come in pieces, and an ESC waits for its rest", permissions }, () => {
  assert.deepEqual(decode("\u001b", "[", "A", "q"), ["up", "q"]);
  const decoder = new KeyDecoder();
  assert.deepEqual(decoder.push("\u001b"), []);
  assert.ok(decoder.pending);
  assert.deepEqual(decoder.flush(), [{ name: "escape" }]);
  assert.ok(!decoder.pending);
  fc.assert(fc.property(fc.array(fc.constantFrom("\u001b[A", "\u001b[6~", "x", "\r", "\u001bOB", "é")), (sent) => {
    const text = sent.join("");
    assert.deepEqual(decode(...text.split(/(?=)/u)), decode(text));
  }));
});

Deno.test({ name: "each editor is told the line in its own way", permissions }, () => {
  const place = { file: "/x/forwards.yaml", line: 7, column: 3 };
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ["vi", ["vi", "+7", "/x/forwards.yaml"]],
    ["/usr/bin/nano -w", ["/usr/bin/nano", "-w", "+7", "/x/forwards.yaml"]],
    ["code", ["code", "--wait", "--goto", "/x/forwards.yaml:7:3"]],
    ["code --wait", ["code", "--wait", "--goto", "/x/forwards.yaml:7:3"]],
    ["hx", ["hx", "/x/forwards.yaml:7:3"]],
  ];
  for (const [editor, argv] of cases) assert.deepEqual(editorArgv(editor, place), argv);
});
