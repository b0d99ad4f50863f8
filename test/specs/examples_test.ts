/** Every example is valid, and those on a sandbox come up: each forward Active once, by the real command line. */
import assert from "node:assert/strict";

const root = new URL("../..", import.meta.url).pathname;

async function berth(home: string, ...args: readonly string[]): Promise<{ code: number; out: string }> {
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", ...args],
    cwd: root,
    env: { NO_COLOR: "1", XDG_STATE_HOME: `${home}/state`, XDG_RUNTIME_DIR: `${home}/run` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return { code: output.code, out: text.decode(output.stdout) + text.decode(output.stderr) };
}

const examples = [...Deno.readDirSync(`${root}examples`)].filter((entry) => entry.isDirectory).map((entry) => entry.name).sort();

for (const file of ["forwards.yaml", ...examples.map((name) => `examples/${name}/forwards.yaml`)]) {
  const text = Deno.readTextFileSync(`${root}${file}`);
  Deno.test(`example ${file}`, async () => {
    const home = await Deno.makeTempDir({ prefix: "berth-example-" });
    try {
      const valid = await berth(home, "validate", "-f", file);
      assert.equal(valid.code, 0, valid.out);
      const config = await berth(home, "config", "-f", file, "--show-origin");
      assert.equal(config.code, 0, config.out);
      assert.ok(config.out.includes(`version: 1 # ${file}:`), config.out);
      if (!text.includes("sandbox: {}") && !text.includes("extends: base.yaml")) return;
      const up = await berth(home, "up", "--once", "-f", file);
      assert.equal(up.code, 0, up.out);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  });
}
