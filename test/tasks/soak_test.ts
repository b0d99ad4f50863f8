/** The soak, short: what it counts must come back to what it was. Whether memory stays flat shows only in the long one. */
import assert from "node:assert/strict";

const root = new URL("../..", import.meta.url).pathname;

async function soak(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "soak", ...args],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("thousands of connections leave no socket, no timer and no open connection behind", async () => {
  const { code, text } = await soak("--connections", "3000", "--tunnel", "150");
  assert.equal(code, 0, text);
  assert.match(text, /^direct: \d+ connections a second, 0 failed; /m);
  assert.match(text, /^tunnel: \d+ connections a second, 0 failed; /m);
  assert.doesNotMatch(text, /NOT MET/);
});

Deno.test("a soak of no known size is a mistake in the command line", async () => {
  const { code, text } = await soak("--connections", "many");
  assert.equal(code, 64);
  assert.match(text, /^--connections needs a whole number/);
});
