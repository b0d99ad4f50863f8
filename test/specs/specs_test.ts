/**
 * The command line as a person uses it: a folder a case. `spec.json` holds steps (`args`, `exitCode`); what a step prints is compared with
 * `<n>.out` (stdout) and `<n>.err` (stderr), in which `[WILDCARD]` stands for anything. `BERTH_GOLDEN=1` writes those files anew.
 */
import assert from "node:assert/strict";

interface Step {
  readonly args: readonly string[];
  readonly exitCode: number;
}

const here = new URL(".", import.meta.url).pathname;
const root = new URL("../..", import.meta.url).pathname;
const rewrite = Deno.env.get("BERTH_GOLDEN") === "1";

/** `deno task --quiet …`, in the case's folder: `-f` paths are relative to it. */
async function berth(
  step: Step,
  { folder, home }: { readonly folder: string; readonly home: string },
): Promise<{ code: number; out: string; err: string }> {
    const [verb = "", ...rest] = step.args;
    const args = rest.map((arg) => arg.startsWith("./") ? `test/specs/${folder}/${arg.slice(2)}` : arg);
    const output = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", verb, ...args],
      cwd: root,
      env: { NO_COLOR: "1", XDG_STATE_HOME: `${home}/state`, XDG_RUNTIME_DIR: `${home}/run` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = (bytes: Uint8Array) => masked(new TextDecoder().decode(bytes).replaceAll(home, "HOME").replaceAll(root, "ROOT/"));
    return { code: output.code, out: text(output.stdout), err: text(output.stderr) };
}

/** Ends what a case left running, by the note beside each lock, and returns what of it was there: sockets, and processes that hold a workspace. */
async function leftOver(home: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const entry of await entriesOf(`${home}/run/berth`)) {
    const files = await entriesOf(`${home}/run/berth/${entry}`);
    left.push(...files.filter((file) => file !== "lock"));
    const note = await Deno.readTextFile(`${home}/run/berth/${entry}/lock.json`).catch(() => null);
    if (note === null) continue;
    try {
      Deno.kill(Number(JSON.parse(note).pid), "SIGKILL");
    } catch {
      // It has ended.
    }
  }
  return left;
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** What differs from run to run and from machine to machine: ports and pod names of a sandbox, versions of the runtime. */
function masked(text: string): string {
  return text
    .replace(/NodePort \d+ on 127\.0\.0\.1/g, "NodePort PORT on 127.0.0.1")
    .replace(/"backend":"127\.0\.0\.1:\d+"/g, '"backend":"127.0.0.1:PORT"')
    .replace(/pod default\/(\w+)-\w+-\w+/g, "pod default/$1-POD")
    .replace(/\bPID \d+/g, "PID N")
    .replace(/checked [\dhms]+ ago/g, "checked NOW")
    .replace(/, since [\dhms]+/g, ", since THEN")
    .replace(/less than \d+ ms/g, "less than N ms")
    .replace(/\(deno .*\)/g, "(RUNTIME)");
}

async function compare(got: string, file: string): Promise<void> {
  if (rewrite) {
    if (got === "") await Deno.remove(file).catch(() => {});
    else await Deno.writeTextFile(file, got);
    return;
  }
  const want = await Deno.readTextFile(file).catch(() => "");
  const pattern = want.split("[WILDCARD]").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[^]*?");
  if (!new RegExp(`^${pattern}$`).test(got)) assert.equal(got, want);
}

for (const entry of Deno.readDirSync(here)) {
  if (!entry.isDirectory) continue;
  const spec = JSON.parse(Deno.readTextFileSync(`${here}${entry.name}/spec.json`)) as { about: string; steps: readonly Step[] };
  Deno.test(`spec ${entry.name}: ${spec.about}`, async () => {
    const home = await Deno.makeTempDir({ prefix: "berth-spec-" });
    let left: readonly string[] = [];
    try {
      for (const [at, step] of spec.steps.entries()) {
        const ran = await berth(step, { folder: entry.name, home });
        assert.equal(ran.code, step.exitCode, `exit code of ${step.args.join(" ")}\n${ran.out}${ran.err}`);
        await compare(ran.out, `${here}${entry.name}/${at}.out`);
        await compare(ran.err, `${here}${entry.name}/${at}.err`);
      }
    } finally {
      left = await leftOver(home);
      await Deno.remove(home, { recursive: true });
    }
    assert.deepEqual(left, [], "a case leaves no socket and no process");
  });
}
