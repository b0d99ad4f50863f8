/**
 * The load balancer restarted, the API server paused, the network cut, the node container stopped and
 * started, on a cluster of its own. The forwards are Active again soon after the cause has ended, by themselves, and status
 * is true all the while. `BERTH_E2E_FULL=1` makes pauses and cuts 20 s long.
 */
import assert from "node:assert/strict";
import { createCommand } from "../../tasks/create_cluster.ts";
import { bar, deployment, folder, get, here, run, say, service, sleep, until, Up } from "./harness.ts";
import { docker } from "./onlookers.ts";

const NAME = "berth-e2e-outage";
const NODE = `k3d-${NAME}-server-0`;
const BALANCER = `k3d-${NAME}-serverlb`;
const CUT = Deno.env.get("BERTH_E2E_FULL") === undefined ? 8_000 : 20_000;
const LOCAL = { direct: 24_701, tunnel: 24_702 } as const;
type Route = keyof typeof LOCAL;
/**
 * Milliseconds within which it must show that nothing goes through. With the times of the file below a forward is checked
 * every 2 s, and two failures of at most 1 s, a pause of 0.2 s between them, are a loss.
 */
const DETECTION = 5_000;
/** For a busy machine. */
const SLACK = 10_000;

/** What one forward did: every answer, and every change of its status as `up` told it, in milliseconds since 1970. */
class Seen implements AsyncDisposable {
  readonly answers: number[] = [];
  readonly #route: Route;
  readonly #up: Up;
  readonly #begin = Date.now();
  readonly #asked = new Set<Promise<void>>();
  readonly #work: Promise<void>;
  #over = false;

  constructor(route: Route, up: Up) {
    this.#route = route;
    this.#up = up;
    this.#work = this.#ask();
  }

  /** Active at the beginning, for that was waited for. */
  get states(): readonly { readonly at: number; readonly active: boolean; readonly reason: string | null }[] {
    const told = this.#up.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Told)
      .filter(({ type, key }) => type === "status" && key === `forward:${this.#route}`)
      .map(({ time, status, reason }) => ({ at: Date.parse(time), active: status === "Active", reason }))
      .filter(({ at }) => at > this.#begin);
    return [{ at: this.#begin, active: true, reason: null }, ...told];
  }

  async #ask(): Promise<void> {
    while (!this.#over) {
      const asked: Promise<void> = get(LOCAL[this.#route], 4_000).then((got) => {
        if (got.kind === "ok") this.answers.push(Date.now());
        this.#asked.delete(asked);
      });
      this.#asked.add(asked);
      await sleep(200);
    }
  }

  /** The longest time that it was called Active while nothing went through, between two points of time. */
  untrue(from: number, to: number): number {
    const marks = [from, ...this.answers.filter((at) => at > from && at < to), to];
    const { states } = this;
    let longest = 0;
    for (let index = 1; index < marks.length; index++) {
      const [begin = from, end = to] = marks.slice(index - 1, index + 1);
      for (const [place, { at, active }] of states.entries()) {
        const changed = states[place + 1]?.at ?? to;
        if (active) longest = Math.max(longest, Math.min(end, changed) - Math.max(begin, at));
      }
    }
    return longest;
  }

  /** When it was first called Active after a point of time, from when on it stays so; infinity if it is not now. */
  activeSince(from: number): number {
    const last = this.states.at(-1);
    if (last?.active !== true) return Infinity;
    return Math.max(from, last.at);
  }

  /** Whether it was called anything but Active, or did not answer for a second, after a point of time. */
  disturbed(from: number): boolean {
    const marks = [from, ...this.answers.filter((at) => at > from), Date.now()];
    const gap = Math.max(...marks.slice(1).map((at, index) => at - (marks[index] ?? at)));
    return gap > 3_000 || this.states.some(({ at, active }) => at > from && !active);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#work;
    await Promise.all(this.#asked);
  }
}

interface Told {
  readonly time: string;
  readonly type: string;
  readonly key: string | null;
  readonly status: string | null;
  readonly reason: string | null;
}

interface Played {
  readonly up: Up;
  readonly seen: Readonly<Record<Route, Seen>>;
}

/** Plays a cause; `end` ends it. Waits until all is well again and holds what was seen against the show. */
async function outage(
  what: string,
  { up, seen }: Played,
  { begin, last, end, spares = [] }: {
    readonly begin: () => Promise<void>;
    /** Milliseconds that the cause lasts. */
    readonly last: number;
    readonly end: () => Promise<void>;
    /** Routes that this does not concern. */
    readonly spares?: readonly Route[];
  },
): Promise<void> {
  const began = Date.now();
  await begin();
  await sleep(last);
  await end();
  const ended = Date.now();
  const well = () =>
    Object.values(seen).every((one) => one.activeSince(ended) < Infinity && (one.answers.at(-1) ?? 0) > ended);
  await until(() => Promise.resolve(well()), {
    limit: 120_000,
    what: () => `${what}: all Active and answering; up said:\n${up.lines.slice(-30).join("\n")}`,
  });
  // A relapse would show.
  await sleep(2_000);
  await until(() => Promise.resolve(well()), { limit: 60_000, what: `${what}: all still Active` });
  const now = Date.now();
  for (const route of ["direct", "tunnel"] as const) {
    const one = seen[route];
    const answered = Math.min(...one.answers.filter((at) => at > ended));
    const told = one.states.filter(({ at }) => at > began)
      .map(({ at, active, reason }) => `${((at - began) / 1000).toFixed(1)} s ${active ? "Active" : reason}`);
    say(`${what}, ${route}: ${told.length === 0 ? "Active all the while" : told.join(", ")}`);
    bar(`${what}, ${route}: Active after the end`, { ms: Math.max(0, one.activeSince(ended) - ended), limit: 3_000 });
    bar(`${what}, ${route}: an answer after the end`, { ms: answered - ended, limit: 3_000 });
    const untrue = one.untrue(began, now);
    say(`${what}, ${route}: called Active while nothing went through for ${untrue.toFixed(0)} ms at most`);
    assert.ok(untrue <= DETECTION + SLACK, `${what}, ${route}: status was not true for ${untrue.toFixed(0)} ms`);
    if (spares.includes(route)) assert.ok(!one.disturbed(began), `${what}, ${route}: does not concern it`);
  }
}

async function nodeAddress(): Promise<string> {
  return await docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", NODE);
}

/** Signals the API server in the node: k3s has it in its own process, the rig has it beside. */
async function signalApiServer(signal: "STOP" | "CONT"): Promise<void> {
  const script = `kill -${signal} $(pidof kube-apiserver || pidof k3s-server || pidof k3s)`;
  await docker("exec", NODE, "sh", "-c", script);
}

Deno.test({
  name: "a load balancer, an API server, a network and a node that go and come: Active again by itself, status true",
  ignore: !here,
  fn: async (t) => {
    const home = await folder();
    const kubeconfig = `${home}/kubeconfig`;
    const must = async (argv: readonly [string, ...string[]], input?: string) => {
      const [program, ...args] = argv;
      const ran = await run(program, args, { ...(input === undefined ? {} : { input }), kubeconfig });
      assert.equal(ran.code, 0, `${argv.join(" ")}: ${ran.stderr}`);
      return ran.stdout;
    };
    await run("k3d", ["cluster", "delete", NAME], { kubeconfig });
    try {
      await must(createCommand(NAME));
      const items = [
        deployment("default", "web", 2),
        service("default", "web", { type: "NodePort", ports: [{ port: 80 }] }),
      ];
      const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      await until(
        async () => (await run("kubectl", ["apply", "-f", "-"], { input: list, kubeconfig })).code === 0,
        { limit: 60_000, every: 500, what: "the workload to be taken" },
      );
      await must(["kubectl", "rollout", "status", "deployment", "web", "--timeout=120s"]);
      const path = "jsonpath={.spec.ports[0].nodePort}";
      const nodePort = Number(await must(["kubectl", "get", "service", "web", "-o", path]));
      const file = `${home}/forwards.yaml`;
      await Deno.writeTextFile(
        file,
        `version: 1
clusters: { dev: { kubeconfig: ${kubeconfig}, context: k3d-${NAME} } }
defaults: { hold: 3s, health: { every: 2s, timeout: 1s, failures: 2 }, backoff: { initial: 200ms, max: 1s } }
forwards:
  direct: { cluster: dev, service: default/web, port: 80, local: ${LOCAL.direct} }
  tunnel: { cluster: dev, service: default/web, port: 80, local: ${LOCAL.tunnel}, route: tunnel }
`,
      );
      await using up = new Up(file, ["-o", "json"]);
      await up.active(60_000);
      await using direct = new Seen("direct", up);
      await using tunnel = new Seen("tunnel", up);
      const seen = { direct, tunnel };
      const played: Played = { up, seen };

      await t.step("the load balancer is restarted", () =>
        outage("load balancer restarted", played, {
          begin: () => docker("restart", "--time", "1", BALANCER).then(() => {}),
          last: 0,
          // The container runs before its proxy does.
          end: () =>
            until(async () => (await run("kubectl", ["get", "--raw", "/version"], { kubeconfig })).code === 0, {
              limit: 60_000,
              what: "the API server to answer through the load balancer",
            }).then(() => {}),
          spares: ["direct"],
        }));
      await t.step("the API server is paused", () =>
        outage("API server paused", played, {
          begin: () => signalApiServer("STOP"),
          last: CUT,
          end: () => signalApiServer("CONT"),
          spares: ["direct"],
        }));
      await t.step("the network is cut", async () => {
        const before = await nodeAddress();
        await outage("network cut", played, {
          begin: () => docker("network", "disconnect", `k3d-${NAME}`, NODE).then(() => {}),
          last: CUT,
          end: async () => {
            // Where the network lets one choose, it gets its address back; else Docker gives the lowest that is free, the same one.
            const connect = ["network", "connect"];
            const chosen = await run("docker", [...connect, "--ip", before, `k3d-${NAME}`, NODE]);
            if (chosen.code !== 0) await docker(...connect, `k3d-${NAME}`, NODE);
          },
        });
        say(`network cut: the node's address was ${before}, and is ${await nodeAddress()}`);
      });
      await t.step("the node is stopped and started", () =>
        outage("node stopped and started", played, {
          begin: () => docker("stop", "--time", "2", NODE).then(() => {}),
          last: 2_000,
          end: async () => {
            await docker("start", NODE);
            // The node comes up for a while: the cause has ended when it leads to pods, time after time.
            const node = await nodeAddress();
            for (let inRow = 0; inRow < 3;) {
              await until(
                async () => (await get(nodePort, 2_000, node)).kind === "ok" ? ++inRow : (inRow = 0, null),
                { limit: 180_000, what: "an answer at the NodePort" },
              );
            }
          },
        }));
      assert.equal(await up.interrupt(), 0);
    } finally {
      await run("k3d", ["cluster", "delete", NAME], { kubeconfig });
    }
  },
});
