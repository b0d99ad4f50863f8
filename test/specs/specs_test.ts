/**
 * The command line as a person uses it: a folder a case. `spec.json` holds steps (`args`, `exitCode`); what a step prints is compared with
 * `<n>.out` (stdout) and `<n>.err` (stderr), in which `[WILDCARD]` stands for anything. `BERTH_GOLDEN=1` writes those files anew.
 * A step with `curl` asks a local port as that program would: 7 means that nothing listens there. With `"copied": true` the case runs in a
 * copy of its folder, as the folder of the person who types.
 */
import assert from "node:assert/strict";
import { takeLock } from "../../src/state/lock.ts";
import { get, listens } from "../wiring/rig.ts";

type Step =
  | { readonly args: readonly string[]; readonly exitCode: number }
  | { readonly curl: number; readonly exitCode: number };

interface Spec {
  readonly about: string;
  readonly copied?: boolean;
  readonly steps: readonly Step[];
}

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const here = new URL(".", import.meta.url).pathname;
const root = new URL("../..", import.meta.url).pathname;
const rewrite = Deno.env.get("BERTH_GOLDEN") === "1";

interface Place {
  readonly home: string;
  /** The folder of the person who types. */
  readonly cwd: string;
  /** Where the files of the case are, as that person writes it. */
  readonly files: string;
}

/** `deno task --quiet …`: paths of a case's files begin with `./`. */
async function berth(words: readonly string[], { home, cwd, files }: Place): Promise<Ran> {
  const [verb = "", ...rest] = words;
  const args = rest.map((arg) => arg.startsWith("./") ? `${files}${arg.slice(2)}` : arg);
  const output = await new Deno.Command(Deno.execPath(), {
    args: ["task", `--config=${root}deno.json`, "--quiet", verb, ...args],
    cwd,
    // A task runner above this one has set INIT_CWD to its own folder.
    env: { NO_COLOR: "1", INIT_CWD: cwd, XDG_STATE_HOME: `${home}/state`, XDG_RUNTIME_DIR: `${home}/run` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => masked(new TextDecoder().decode(bytes).replaceAll(home, "HOME").replaceAll(root, "ROOT/"));
  return { code: output.code, out: text(output.stdout), err: text(output.stderr) };
}

async function curl(port: number): Promise<Ran> {
  if (!await listens(port)) return { code: 7, out: "", err: "" };
  return { code: 0, out: `${await get(port, "/", 60_000)}\n`, err: "" };
}

/** Where a case is run. */
async function placeOf(folder: string, { home, copied }: { readonly home: string; readonly copied: boolean }): Promise<Place> {
  if (!copied) return { home, cwd: root, files: `test/specs/${folder}/` };
  const cwd = `${home}/work`;
  await Deno.mkdir(cwd);
  for (const name of await entriesOf(`${here}${folder}`)) {
    if (!/^(spec\.json|\d+\.(out|err))$/.test(name)) await Deno.copyFile(`${here}${folder}/${name}`, `${cwd}/${name}`);
  }
  return { home, cwd, files: "./" };
}

/**
 * Ends what a case left running, by the note beside each lock, and returns what of it was there: sockets, locks that are held, and processes
 * that hold a workspace. The file of a lock stays: it is the hold on it that counts.
 */
async function leftOver(home: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const entry of await entriesOf(`${home}/run/berth`)) {
    const files = await entriesOf(`${home}/run/berth/${entry}`);
    left.push(...files.filter((file) => file !== "lock"));
    const note = await Deno.readTextFile(`${home}/run/berth/${entry}/lock.json`).catch(() => null);
    if (note === null) {
      const lock = await takeLock(`${home}/run/berth/${entry}/lock`, { pid: Deno.pid, since: new Date().toISOString() });
      if (lock.kind === "taken") await lock.lock.release();
      else left.push("a lock that is held");
      continue;
    }
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
    .replace(/\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b/g, "DATE AND TIME")
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
  const spec = JSON.parse(Deno.readTextFileSync(`${here}${entry.name}/spec.json`)) as Spec;
  Deno.test(`spec ${entry.name}: ${spec.about}`, async () => {
    const home = await Deno.makeTempDir({ prefix: "berth-spec-" });
    let left: readonly string[] = [];
    try {
      const place = await placeOf(entry.name, { home, copied: spec.copied ?? false });
      for (const [at, step] of spec.steps.entries()) {
        const ran = await ("curl" in step ? curl(step.curl) : berth(step.args, place));
        const words = "curl" in step ? `curl localhost:${step.curl}` : step.args.join(" ");
        assert.equal(ran.code, step.exitCode, `exit code of ${words}\n${ran.out}${ran.err}`);
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
