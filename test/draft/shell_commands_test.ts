import assert from "node:assert/strict";
import fc from "fast-check";
import { shellCommands } from "../../src/draft/shell_commands.ts";

const permissions = "none";

function words(text: string): readonly (readonly string[])[] {
  return shellCommands(text).map((command) => command.words.map((word) => word.unknown ?? word.text));
}

const TABLE: readonly (readonly [text: string, expected: readonly (readonly string[])[]])[] = [
  ["a b  c", [["a", "b", "c"]]],
  ["a 'b c' \"d e\" f\\ g", [["a", "b c", "d e", "f g"]]],
  ["a \\\n  b", [["a", "b"]]],
  ["a \\\r\n  b", [["a", "b"]]],
  ["a # b\nc#d", [["a"], ["c#d"]]],
  ["a & b && c || d; e | f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]],
  ["(a; b)", [["a"], ["b"]]],
  ["a > /dev/null 2>&1 &", [["a"]]],
  ["a &>x b", [["a", "b"]]],
  ["a 80 >x", [["a", "80"]]],
  ["X=1\na $X ${X}0 ${Y:-z} \"$X\" '$X'", [["X=1"], ["a", "1", "10", "z", "1", "$X"]]],
  ["export X=1; a $X", [["X=1"], ["a", "1"]]],
  ["a $Y", [["a", "$Y"]]],
  ["a $1 $! $", [["a", "$1", "$!", "$"]]],
  ["a $(b (c) d) e", [["a", "$(…)", "e"]]],
  ["a `b c` e", [["a", "$(…)", "e"]]],
  ["a <<EOF\nb\nEOF\nc", [["a"], ["c"]]],
  ["a <<-'EOF' d\n\tb\n\tEOF\nc", [["a", "d"], ["c"]]],
  ['a ""', [["a", ""]]],
];

for (const [text, expected] of TABLE) {
  Deno.test({ name: `words of ${JSON.stringify(text)}`, permissions }, () => assert.deepEqual(words(text), expected));
}

Deno.test({ name: "a command knows the line it begins on", permissions }, () => {
  const text = "a \\\n b\n\n'x\ny'\n\"p\nq\"\ncat <<E\n1\n2\nE\nlast $(\n) z\nend";
  assert.deepEqual(shellCommands(text).map(({ line }) => line), [1, 4, 6, 8, 12, 14]);
});

Deno.test({ name: "a variable hands on the command that it stands for", permissions }, () => {
  const [, command] = shellCommands("P=$(get it)\nuse $P");
  assert.deepEqual(command?.words[1], { text: "", unknown: "$(…)", substitution: "get it" });
});

Deno.test({ name: "any text is read to its end", permissions }, () => {
  const piece = fc.constantFrom(
    "'",
    '"',
    "$",
    "$(",
    ")",
    "`",
    "\\",
    "\n",
    " ",
    "a",
    "X=1",
    "<<E",
    ">",
    "&",
    "#",
    "${X:-",
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
    for (const { words } of shellCommands(pieces.join(""))) assert.ok(words.length > 0);
  }));
});
