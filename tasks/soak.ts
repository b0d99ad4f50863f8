/**
 * `deno task soak`: very many connections through one forward, over loopback and against a sandbox alone, and what the process
 * holds along the way. Ends with status 1 when something did not go as it should or does not stay flat.
 */
import { systemClock } from "../src/host/clock.ts";
import { NO_LOG } from "../src/model/no_log.ts";
import { startSandbox } from "../src/sandbox/sandbox.ts";
import { deployment, service } from "../src/sandbox/scenario.ts";
import { connections } from "./soak/clients.ts";
import { ForwardProcess } from "./soak/forward_process.ts";
import { type Held, slope } from "./soak/measure.ts";

const USAGE = `Usage: deno task soak [--connections N] [--tunnel N]

  --connections N   over the direct route (1000000)
  --tunnel N        over a tunnel, after those (a fiftieth)`;

/** Looks at what is held, from start to end. */
const LOOKS = 50;
/** Looks before which memory may still find its level. */
const LEVEL = LOOKS / 10;
/** How much of the memory at that point it may grow by until the end. */
const GROWTH = 0.1;
/** Connections from which on the slope says something: before, it shows how the heap finds its size. */
const TELLING = 100_000;

const clock = systemClock();
const NEVER = new AbortController().signal;

interface Flags {
  readonly connections: number;
  readonly tunnel: number;
}

/** The flags, or what is wrong with them; null where help is asked for. */
function readFlags(args: readonly string[]): Flags | string | null {
  const given = new Map<string, number>();
  for (let at = 0; at < args.length; at++) {
    const [name = "", inline] = (args[at] ?? "").split("=", 2);
    if (name === "--help" || name === "-h") return null;
    if (name !== "--connections" && name !== "--tunnel") return `${name} is not known`;
    const value = Number(inline ?? args[++at]);
    if (!Number.isInteger(value) || value < 0) return `${name} needs a whole number`;
    given.set(name, value);
  }
  const connections = given.get("--connections") ?? 1_000_000;
  return { connections, tunnel: given.get("--tunnel") ?? Math.round(connections / 50) };
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

const MIB = 1024 * 1024;

const COLUMNS = ["connections", "time", "RSS MiB", "heap MiB", "buffers MiB", "sockets", "timers"] as const;

function cells(values: readonly (string | number)[]): string {
  return values.map((value) => String(value).padStart(13)).join("");
}

function row(done: number, { rss, heapUsed, external, sockets, timers }: Held, seconds: number): string {
  const memory = [rss, heapUsed, external].map((bytes) => (bytes / MIB).toFixed(1));
  return cells([done, `${seconds.toFixed(0)} s`, ...memory, sockets, timers]);
}

/** Waits until no connection is open and what is held is as it was, and looks; what it holds in the end, at most a minute later. */
async function rested(child: ForwardProcess, before: Held): Promise<Held> {
  for (let looks = 0;; looks++) {
    const held = await child.held();
    const asBefore = held.open === 0 && held.timers <= before.timers + 2 && held.sockets <= before.sockets * 1.1 + 2;
    if (asBefore || looks >= 600) return held;
    await clock.sleep(100);
  }
}

/** Soaks one route; what is wrong with it. */
async function soak(child: ForwardProcess, { route, count }: {
  readonly route: "direct" | "tunnel";
  readonly count: number;
}): Promise<readonly string[]> {
  const port = child.ports[route];
  // What comes with the first connections is no growth: code that is compiled, tunnels opened ahead.
  await connections(200, port);
  const before = await rested(child, await child.held());
  const began = clock.monotonic();
  const samples: { connections: number; value: number }[] = [];
  print(`${route}: ${count} connections`);
  print(cells(COLUMNS));
  print(row(0, before, 0));
  let failed = 0;
  for (let look = 1, done = 0; look <= LOOKS; look++) {
    const piece = Math.round(count * look / LOOKS) - done;
    failed += await connections(piece, port);
    done += piece;
    const held = await child.held();
    samples.push({ connections: done, value: held.rss });
    if (look % 5 === 0) print(row(done, held, (clock.monotonic() - began) / 1000));
  }
  const after = await rested(child, before);
  print(row(count, after, (clock.monotonic() - began) / 1000));
  const flat = samples.slice(LEVEL - 1);
  const perConnection = slope(flat);
  const growth = perConnection * count * (1 - 1 / 10) / (flat[0]?.value ?? NaN);
  const rate = count / ((clock.monotonic() - began) / 1000);
  print(
    `${route}: ${rate.toFixed(0)} connections a second, ${failed} failed; RSS after the first tenth: ${
      perConnection.toFixed(2)
    } bytes a connection, ${
      (growth * 100).toFixed(1)
    } % in all; sockets ${before.sockets} before and ${after.sockets} ` +
      `after, timers ${before.timers} and ${after.timers}\n`,
  );
  return [
    ...(failed === 0 ? [] : [`${route}: ${failed} connections failed`]),
    ...(after.open === 0 ? [] : [`${route}: ${after.open} connections are still open`]),
    ...(after.sockets <= before.sockets * 1.1 + 2
      ? []
      : [`${route}: ${after.sockets} sockets, ${before.sockets} before`]),
    ...(after.timers <= before.timers + 2 ? [] : [`${route}: ${after.timers} timers, ${before.timers} before`]),
    ...(count < TELLING || growth <= GROWTH ? [] : [`${route}: memory grew by ${(growth * 100).toFixed(1)} %`]),
  ];
}

async function main(flags: Flags): Promise<readonly string[]> {
  const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "berth-soak-" }));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => Deno.remove(home, { recursive: true }));
  const sandbox = await startSandbox({
    clock,
    random: Math.random,
    log: NO_LOG,
    scenario: {
      manifests: [
        deployment({ name: "echo", ports: [{ port: 9002, name: "echo", behaviour: "echo" }] }),
        service({ name: "echo", type: "NodePort", ports: [{ name: "echo", port: 9002, targetPort: "echo" }] }),
      ],
    },
  });
  stack.defer(() => sandbox.close());
  await Deno.writeTextFile(`${home}/kubeconfig`, sandbox.kubeconfig, { mode: 0o600 });
  const child = stack.use(await ForwardProcess.start(home, { clock, signal: NEVER }));
  const problems = await soak(child, { route: "direct", count: flags.connections });
  return flags.tunnel === 0 ? problems : [...problems, ...await soak(child, { route: "tunnel", count: flags.tunnel })];
}

const flags = readFlags(Deno.args);
if (flags === null || typeof flags === "string") {
  print(flags === null ? USAGE : `${flags}\n\n${USAGE}`);
  Deno.exit(flags === null ? 0 : 64);
}
const problems = await main(flags);
for (const problem of problems) print(`NOT MET: ${problem}`);
Deno.exit(problems.length === 0 ? 0 : 1);
