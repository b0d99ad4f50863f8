/** berth as a person starts it in the background: the real command line, in a folder of its own. */
import { freePort } from "../wiring/rig.ts";
import { until } from "../fakes/until.ts";

const root = new URL("../..", import.meta.url).pathname;

/** A workspace in a folder of its own. */
export class Place implements AsyncDisposable {
  readonly ports: readonly number[] = [freePort(), freePort()];
  readonly dir: string;
  readonly file: string;

  private constructor(dir: string, file = `${dir}/forwards.yaml`) {
    this.dir = dir;
    this.file = file;
  }

  /** `text`: the forwards.yaml, given two free ports. */
  static async make(text: (ports: readonly number[]) => string): Promise<Place> {
    const place = new Place(await Deno.makeTempDir({ prefix: "berth-crash-" }));
    await Deno.writeTextFile(place.file, text(place.ports));
    return place;
  }

  /** A second workspace of the same person. It goes with the first one's folder; what it leaves running, whoever made it ends. */
  async beside(text: string): Promise<Place> {
    await Deno.mkdir(`${this.dir}/beside`);
    const other = new Place(this.dir, `${this.dir}/beside/forwards.yaml`);
    await Deno.writeTextFile(other.file, text);
    return other;
  }

  /** berth as a process that a test talks to. */
  command(verb: string, ...args: readonly string[]): Deno.Command {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--frozen", "-A", `${root}src/main.ts`, verb, `--file=${this.file}`, ...args],
      cwd: root,
      env: { NO_COLOR: "1", XDG_STATE_HOME: `${this.dir}/state`, XDG_RUNTIME_DIR: `${this.dir}/run` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async berth(verb: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    const { code, stdout, stderr } = await this.command(verb, ...args).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, said: text(stdout) + text(stderr) };
  }

  /** The process that holds the workspace, by the note beside its lock; null where there is none. */
  async holder(): Promise<number | null> {
    for await (const { name } of Deno.readDir(`${this.dir}/run/berth`)) {
      const note = await Deno.readTextFile(`${this.dir}/run/berth/${name}/lock.json`).catch(() => null);
      if (note !== null && note !== "") return Number(JSON.parse(note).pid);
    }
    return null;
  }

  /** The names in the runtime folder of the workspace. */
  async runtimeFiles(): Promise<readonly string[]> {
    const files: string[] = [];
    for await (const { name } of Deno.readDir(`${this.dir}/run/berth`)) {
      for await (const file of Deno.readDir(`${this.dir}/run/berth/${name}`)) files.push(file.name);
    }
    return files;
  }

  /** Kills whoever holds it, as a crash would, and waits until that process is gone. False where nobody does. */
  async kill(): Promise<boolean> {
    const pid = await this.holder().catch(() => null);
    if (pid === null || !await isBerth(pid)) return false;
    Deno.kill(pid, "SIGKILL");
    await until(async () => !await isBerth(pid), `PID ${pid} is gone`);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** What a program says on stdout; empty where it cannot be had. By programs, since a Deno process may not read `/proc`. */
async function saidBy(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: [...args], stdout: "piped", stderr: "null" }).output();
  return new TextDecoder().decode(stdout);
}

/** Whether the process is there and is ours: its number may have been given to another one since. */
async function isBerth(pid: number): Promise<boolean> {
  // A process that has ended and was not waited for has no command line.
  if (Deno.build.os === "linux") return (await saidBy("cat", `/proc/${pid}/cmdline`)).includes("--daemon");
  return (await saidBy("ps", "-o", "args=", "-p", String(pid))).includes("--daemon");
}

/** How many sockets listen on a port, of either family; null where the system does not say. */
export async function listeners(port: number): Promise<{ readonly v4: number; readonly v6: number } | null> {
  if (Deno.build.os !== "linux") return null;
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const count = async (file: string) =>
    (await saidBy("cat", file)).split("\n").filter((line) =>
      new RegExp(`^\\s*\\d+: \\w+:${hex} \\w+:0000 0A`).test(line)
    )
      .length;
  return { v4: await count("/proc/net/tcp"), v6: await count("/proc/net/tcp6") };
}
