import type { ClientPool } from "./client_pool.ts";
import { cpuSeconds, residentMiB } from "./processes.ts";
import type { Behaviour, Moved } from "./protocol.ts";
import type { BoxPort, Rig } from "./rig.ts";
import { say, sleep } from "./shell.ts";
import { median, quantile } from "./stats.ts";
import { makeWay, type Way, type WayName } from "./ways.ts";

/** How much is done a round. Times in milliseconds. */
export interface TrafficPlan {
  readonly rounds: number;
  readonly connections: number;
  readonly warmUp: number;
  readonly window: number;
}

/** Figures of one way in one round, by name; absent where the way did not get that far. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

/** What is measured of each way. */
export type FigureName =
  | "p50"
  | "p99"
  | "latencyFailed"
  | "down1"
  | "up1"
  | "down8"
  | "up8"
  | "cpuDown"
  | "cpuUp"
  | "cpuDown8"
  | "cpuUp8"
  | "broken"
  | "ok200"
  | "answered200"
  | "closed200"
  | "ok1000"
  | "answered1000"
  | "closed1000"
  | "rss1000"
  /** Eight streams' sum as a part of what one stream moves. */
  | "downSum"
  | "upSum"
  | "rssFirst"
  | "rssMoved"
  | "p50After";

/** All that was seen of one way. */
export interface WayResult {
  readonly name: WayName;
  readonly rounds: readonly Figures[];
  /** The median of each figure over the rounds. */
  readonly medians: Figures;
  readonly behaviours: Readonly<Partial<Record<Behaviour, string>>>;
  /** Failures of the bursts, in the client's words. */
  readonly failures: Readonly<Record<string, number>>;
}

const BEHAVIOURS: Readonly<Record<Behaviour, BoxPort>> = {
  halfClose: "digest",
  banner: "banner",
  echo: "echo",
  reset: "reset",
};

/** Megabytes of ten to the sixth. */
const MB = 1e6;
const LATENCY_LIMIT = 10_000;
const BURST_LIMIT = 15_000;
/** After a transfer that is given up: what is under way ends first, or it would count against the next one. */
const SETTLE = 1_500;

/** Measures all ways, interleaved: in each round every way once, each round beginning with another one. */
export async function measureTraffic(
  names: readonly WayName[],
  { rig, pool, plan }: { readonly rig: Rig; readonly pool: ClientPool; readonly plan: TrafficPlan },
): Promise<readonly WayResult[]> {
  const ways = names.map((name) => makeWay(name, rig));
  try {
    for (const way of ways) await way.start();
    const rounds = new Map<WayName, Figures[]>(names.map((name) => [name, []]));
    const failures = new Map<WayName, Record<string, number>>(names.map((name) => [name, {}]));
    for (let round = 0; round < plan.rounds; round++) {
      for (let turn = 0; turn < ways.length; turn++) {
        const way = ways[(turn + round) % ways.length];
        if (way === undefined) continue;
        say(`round ${round + 1} of ${plan.rounds}: ${way.name}`);
        rounds.get(way.name)?.push(await measureRound(way, { pool, plan, failures: failures.get(way.name) ?? {} }));
      }
    }
    const results: WayResult[] = [];
    for (const way of ways) {
      const own = rounds.get(way.name) ?? [];
      results.push({
        name: way.name,
        rounds: own,
        medians: mediansOf(own),
        behaviours: await measureBehaviours(way, pool),
        failures: failures.get(way.name) ?? {},
      });
    }
    return results;
  } finally {
    await Promise.allSettled(ways.map((way) => way.stop()));
  }
}

async function measureRound(
  way: Way,
  { pool, plan, failures }: {
    readonly pool: ClientPool;
    readonly plan: TrafficPlan;
    readonly failures: Record<string, number>;
  },
): Promise<Figures> {
  const figures: Partial<Record<FigureName, number>> = {};
  const at = way.address("http");
  await pool.run({ kind: "latency", at, count: 20, limit: LATENCY_LIMIT });
  const { samples, failed } = await pool.run({ kind: "latency", at, count: plan.connections, limit: LATENCY_LIMIT });
  figures.p50 = median(samples);
  figures.p99 = quantile(samples, 0.99);
  figures.latencyFailed = failed;
  figures.broken = 0;
  figures.rssFirst = await residentMiB(way.pids());
  for (const streams of [1, 8] as const) {
    for (const kind of ["down", "up"] as const) {
      const { moved, cpu } = await transfer(way, { pool, plan, kind, streams });
      figures[`${kind}${streams}`] = moved.bytes / MB / (plan.window / 1000);
      const name = `cpu${kind === "down" ? "Down" : "Up"}${streams === 8 ? "8" : ""}` as const;
      if (moved.bytes > 0) figures[name] = cpu / (moved.bytes / 1e9);
      figures.broken += moved.broken;
      await way.renew();
      await sleep(SETTLE);
    }
  }
  figures.rssMoved = await residentMiB(way.pids());
  for (const kind of ["down", "up"] as const) {
    const [one, eight] = [figures[`${kind}1`], figures[`${kind}8`]];
    if (one !== undefined && eight !== undefined && one > 0) figures[`${kind}Sum`] = eight / one;
  }
  for (const count of [200, 1000] as const) {
    const [seen, rss] = await Promise.all([
      pool.run({ kind: "burst", at: way.address("http"), count, limit: BURST_LIMIT }),
      sleep(1_000).then(() => residentMiB(way.pids())),
    ]);
    figures[`ok${count}`] = seen.ok;
    if (seen.answered !== null) figures[`answered${count}`] = seen.answered / 1000;
    if (seen.closed !== null) figures[`closed${count}`] = seen.closed / 1000;
    if (count === 1000) figures.rss1000 = rss;
    for (const [words, times] of Object.entries(seen.failures)) failures[words] = (failures[words] ?? 0) + times;
    if (seen.ok < count) await way.renew();
  }
  const after = await pool.run({ kind: "latency", at: way.address("http"), count: 20, limit: LATENCY_LIMIT });
  figures.p50After = median(after.samples);
  return figures;
}

/** Moves bytes for the warm-up and the window; what came through in the window, and the way's own CPU seconds in it. */
async function transfer(
  way: Way,
  { pool, plan, kind, streams }: {
    readonly pool: ClientPool;
    readonly plan: TrafficPlan;
    readonly kind: "down" | "up";
    readonly streams: number;
  },
): Promise<{ readonly moved: Moved; readonly cpu: number }> {
  const from = Date.now() + plan.warmUp;
  const until = from + plan.window;
  const at = way.address(kind === "down" ? "source" : "sink");
  const moving = pool.move({ kind, at, streams, from, until });
  const measure = async (): Promise<number> => {
    await sleep(from - Date.now());
    const before = await cpuSeconds(way.pids());
    await sleep(until - Date.now());
    return await cpuSeconds(way.pids()) - before;
  };
  const [moved, cpu] = await Promise.all([moving, measure()]);
  return { moved, cpu };
}

async function measureBehaviours(way: Way, pool: ClientPool): Promise<WayResult["behaviours"]> {
  const seen: Partial<Record<Behaviour, string>> = {};
  for (const which of ["halfClose", "banner", "echo", "reset"] as const) {
    const at = way.address(BEHAVIOURS[which]);
    seen[which] = (await pool.run({ kind: "behaviour", which, at, limit: 10_000 })).seen;
    await way.renew();
  }
  return seen;
}

function mediansOf(rounds: readonly Figures[]): Figures {
  const medians: Partial<Record<FigureName, number>> = {};
  const names = new Set(rounds.flatMap((one) => Object.keys(one) as FigureName[]));
  for (const name of names) {
    const samples = rounds.flatMap((one) => one[name] ?? []).filter((value) => !Number.isNaN(value));
    if (samples.length > 0) medians[name] = median(samples);
  }
  return medians;
}
