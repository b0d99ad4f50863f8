/** berth in the background, as a person starts it, and what becomes of it when it is killed. With `BERTH_FULL=1` as often as the issue asks for. */
import assert from "node:assert/strict";
import { freePort, get, until } from "../wiring/rig.ts";

const root = new URL("../..", import.meta.url).pathname;
const KILLS = Deno.env.get("BERTH_FULL") === "1" ? 50 : 8;

/** A workspace with two forwards to a sandbox, in a folder of its own. */
class Place implements AsyncDisposable {
  readonly ports: readonly number[] = [freePort(), freePort()];
  readonly dir: string;
  readonly file: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.file = `${dir}/forwards.yaml`;
  }

  static async make(): Promise<Place> {
    const place = new Place(await Deno.makeTempDir({ prefix: "berth-crash-" }));
    const [web, api] = place.ports;
    await Deno.writeTextFile(
      place.file,
      `version: 1
clusters: { play: { sandbox: {} } }
forwards:
  web: { service: default/web, port: 80, local: ${web} }
  api: { service: default/api, port: http, local: ${api} }
`,
    );
    return place;
  }

  async berth(verb: string, ...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", verb, `--file=${this.file}`, ...args],
      cwd: root,
      env: { NO_COLOR: "1", XDG_STATE_HOME: `${this.dir}/state`, XDG_RUNTIME_DIR: `${this.dir}/run` },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).output();
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

  /** Kills whoever holds it, as a crash would, and waits until that process is gone. False where nobody does. */
  async kill(): Promise<boolean> {
    const pid = await this.holder().catch(() => null);
    if (pid === null || !await isBerth(pid)) return false;
    Deno.kill(pid, "SIGKILL");
    await until(`PID ${pid} is gone`, async () => !await isBerth(pid));
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
async function listeners(port: number): Promise<{ readonly v4: number; readonly v6: number } | null> {
  if (Deno.build.os !== "linux") return null;
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const count = async (file: string) =>
    (await saidBy("cat", file)).split("\n").filter((line) =>
      new RegExp(`^\\s*\\d+: \\w+:${hex} \\w+:0000 0A`).test(line)
    )
      .length;
  return { v4: await count("/proc/net/tcp"), v6: await count("/proc/net/tcp6") };
}

Deno.test(`killed ${KILLS} times at random moments, the next up -d --wait always succeeds`, async () => {
  await using place = await Place.make();
  const [web = 0, api = 0] = place.ports;
  let killed = 0;
  while (killed < KILLS) {
    // A moment of its start, or of its life after that.
    const starting = place.berth("up", "-d");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
    if (await place.kill()) killed++;
    await starting;
    const { code, said } = await place.berth("up", "-d", "--wait=60s", "--replace");
    assert.equal(code, 0, `after ${killed} kills: ${said}`);
    assert.match(await get(web), /sandbox/);
    assert.notEqual(await get(api, "/"), "");
    for (const port of place.ports) {
      const found = await listeners(port);
      if (found !== null) assert.ok(found.v4 === 1 && found.v6 <= 1, JSON.stringify(found));
    }
    if (Math.random() < 0.7 && await place.kill()) killed++;
    else assert.equal((await place.berth("down")).code, 0);
  }
  assert.equal((await place.berth("down")).code, 0);
  for (const port of place.ports) assert.deepEqual(await listeners(port) ?? { v4: 0, v6: 0 }, { v4: 0, v6: 0 });
  const { said } = await place.berth("events", "-o", "json");
  assert.ok(said.includes('"key":"forward:web"'), "what happened is known afterwards");
});

Deno.test("of two that come up at once exactly one wins, and the other says who", async () => {
  await using place = await Place.make();
  const both = await Promise.all([place.berth("up", "-d", "--wait=60s"), place.berth("up", "-d", "--wait=60s")]);
  const said = both.map((one) => `${one.code} ${one.said}`).join("\n");
  assert.deepEqual(both.map(({ code }) => code).toSorted((a, b) => a - b), [0, 75], said);
  const loser = both.find(({ code }) => code === 75);
  assert.ok(loser?.said.includes(`PID ${await place.holder()}`), said);
  assert.equal((await place.berth("down")).code, 0);
});
