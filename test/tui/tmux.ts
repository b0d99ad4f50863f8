import { systemClock } from "../../src/host/clock.ts";

/** How long the test waits for anything: a busy machine must not fail it. Milliseconds. */
const PATIENCE = 60_000;

const clock = systemClock();

/** A server that ends may hold its socket for a while: no two share one. */
let servers = 0;

/** Whether tmux is here. */
export async function hasTmux(): Promise<boolean> {
  try {
    return (await new Deno.Command("tmux", { args: ["-V"], stdout: "null", stderr: "null" }).output()).success;
  } catch {
    return false;
  }
}

/** A real terminal with a program in it, on a tmux server of its own. */
export class Tmux implements AsyncDisposable {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Runs a command of the shell in a terminal of this size; what it leaves on the screen can be looked at after its end. */
  static async start(
    command: string,
    { folder, cols, rows, env }: {
      readonly folder: string;
      readonly cols: number;
      readonly rows: number;
      readonly env: Readonly<Record<string, string>>;
    },
  ): Promise<Tmux> {
    const tmux = new Tmux(`${folder}/tmux${++servers}.sock`);
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
    // UTF-8 whatever the machine's locale says, and no settings of the person who runs the test.
    const size = ["-x", String(cols), "-y", String(rows)];
    await tmux.#run([
      "-u",
      "-f",
      "/dev/null",
      "new-session",
      "-d",
      ...size,
      ...variables,
      `${command}; echo EXIT $?; cat`,
    ]);
    return tmux;
  }

  /** Presses keys, by tmux' names for them. */
  async press(...keys: readonly string[]): Promise<void> {
    await this.#run(["send-keys", ...keys]);
  }

  async resize(cols: number, rows: number): Promise<void> {
    await this.#run(["resize-window", "-x", String(cols), "-y", String(rows)]);
  }

  /** What is on the screen, a line each, without colours. */
  async screen(): Promise<readonly string[]> {
    return (await this.#run(["capture-pane", "-p"])).split("\n").slice(0, -1);
  }

  /** Waits until the screen shows it. Throws with the screen where it does not in good time. */
  async shows(what: RegExp): Promise<readonly string[]> {
    const end = clock.monotonic() + PATIENCE;
    for (;;) {
      const lines = await this.screen();
      if (what.test(lines.join("\n"))) return lines;
      if (clock.monotonic() > end) throw new Error(`waited for ${what}; the screen shows\n${lines.join("\n")}`);
      await clock.sleep(100);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#run(["kill-server"]).catch(() => {});
  }

  async #run(args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-S", this.#socket, ...args],
      stdout: "piped",
      stderr: "piped",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    if (!success) throw new Error(`tmux ${args.join(" ")}: ${text(stderr)}`);
    return text(stdout);
  }
}
