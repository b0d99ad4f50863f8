/**
 * Whole dialogues at the prompt, as a person would have them: a text file each. It begins with the team's `forwards.yaml`, up to `---`; then
 * `$ deno task …` runs a command in the folder of that file, `$ cat FILE` shows one, and `& deno task up` begins an `up` that goes on until
 * the end. Below a command stands what it prints, stdout before stderr, and `exit N` where that is not 0. `[WILDCARD]` stands for anything,
 * `[PORT]` for a local port that nobody chose. `BERTH_GOLDEN=1` writes the outputs anew.
 */
import assert from "node:assert/strict";

const here = new URL(".", import.meta.url).pathname;
const config = new URL("../../deno.json", import.meta.url).pathname;
const rewrite = Deno.env.get("BERTH_GOLDEN") === "1";
/** How long an `up` may take to serve, on a machine that is busy. */
const PATIENCE = 90_000;

interface Said {
  readonly command: string;
  readonly output: string;
}

interface Dialogue {
  readonly file: string;
  readonly lines: readonly Said[];
}

function parse(text: string): Dialogue {
  const [file = "", rest = ""] = text.split(/^---\n/m);
  const lines = rest.split(/^(?=[$&] )/m).filter((part) => part !== "").map((part) => {
    const end = part.indexOf("\n");
    return { command: part.slice(0, end), output: part.slice(end + 1) };
  });
  return { file, lines };
}

/** What differs from run to run: times and ports that nobody chose. */
function masked(text: string, folder: string): string {
  return text.replaceAll(folder, "FOLDER")
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "YYYY-MM-DD HH:MM:SS")
    .replace(/\b2\d{4}\b/g, "[PORT]");
}

class Prompt {
  readonly folder: string;
  readonly #env: Record<string, string>;
  #up: Deno.ChildProcess | null = null;

  constructor(folder: string) {
    this.folder = folder;
    this.#env = {
      NO_COLOR: "1",
      // Where this is set already, as under npx, `deno task` leaves it.
      INIT_CWD: folder,
      XDG_STATE_HOME: `${folder}/.state`,
      XDG_RUNTIME_DIR: `${folder}/.run`,
      BROWSER: "false",
    };
  }

  #command(words: readonly string[], more: Partial<Deno.CommandOptions> = {}): Deno.Command {
    // `deno task`, but in this folder: the tasks and their permissions are those of the project.
    return new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "--config", config, ...words],
      cwd: this.folder,
      env: this.#env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...more,
    });
  }

  async run(line: string): Promise<string> {
    const words = wordsOf(line);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (words[0] === "cat") return await Deno.readTextFile(`${this.folder}/${words[1]}`);
    const { code, stdout, stderr } = await this.#command(words.slice(2)).output();
    return masked(text(stdout) + text(stderr), this.folder) + (code === 0 ? "" : `exit ${code}\n`);
  }

  /** Begins an `up`, and waits until every forward of it is Active. */
  async begin(line: string): Promise<void> {
    this.#up = this.#command(wordsOf(line).slice(2), { stdout: "null", stderr: "null" }).spawn();
    for (const end = Date.now() + PATIENCE; Date.now() < end;) {
      const { stdout } = await this.#command(["status", "-o", "json"]).output();
      const status = new TextDecoder().decode(stdout);
      if (status !== "" && !/"status":"(Starting|Reconnecting)"/.test(status)) return;
    }
    assert.fail("up does not serve");
  }

  async end(): Promise<void> {
    await this.#command(["down", "-q"]).output();
    await this.#up?.status;
  }
}

/** The words of a line, with '…' around those that hold spaces. */
function wordsOf(line: string): readonly string[] {
  return [...line.slice(2).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

function matches(got: string, want: string): boolean {
  const pattern = want.split("[WILDCARD]").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("[^]*?");
  return new RegExp(`^${pattern}$`).test(got);
}

for (const { name } of Deno.readDirSync(here)) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`dialogue ${name.slice(0, -4)}`, async () => {
    const dialogue = parse(await Deno.readTextFile(here + name));
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "berth-dialogue-" }));
    const prompt = new Prompt(folder);
    const said: string[] = [`${dialogue.file}---\n`];
    try {
      await Deno.writeTextFile(`${folder}/forwards.yaml`, dialogue.file);
      for (const { command, output } of dialogue.lines) {
        if (command.startsWith("& ")) {
          await prompt.begin(command);
          said.push(`${command}\n`);
          continue;
        }
        const got = await prompt.run(command);
        if (rewrite) said.push(`${command}\n${matches(got, output) ? output : got}`);
        else if (!matches(got, output)) assert.equal(`${command}\n${got}`, `${command}\n${output}`);
      }
      if (rewrite) await Deno.writeTextFile(here + name, said.join(""));
    } finally {
      await prompt.end();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
