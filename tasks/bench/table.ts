import type { IdleResult } from "./idle.ts";
import { median } from "./stats.ts";
import type { FigureName, WayResult } from "./traffic.ts";
import type { WayName } from "./ways.ts";

interface Row {
  readonly name: string;
  readonly of: FigureName;
  readonly digits: number;
}

const ROWS: readonly Row[] = [
  { name: "new connection, p50 ms", of: "p50", digits: 2 },
  { name: "new connection, p99 ms", of: "p99", digits: 2 },
  { name: "MB/s down, 1 stream", of: "down1", digits: 0 },
  { name: "MB/s up, 1 stream", of: "up1", digits: 0 },
  { name: "MB/s down, 8 streams", of: "down8", digits: 0 },
  { name: "MB/s up, 8 streams", of: "up8", digits: 0 },
  { name: "down, 8 streams to 1", of: "downSum", digits: 2 },
  { name: "up, 8 streams to 1", of: "upSum", digits: 2 },
  { name: "own CPU s/GB, down", of: "cpuDown", digits: 2 },
  { name: "own CPU s/GB, up", of: "cpuUp", digits: 2 },
  { name: "own CPU s/GB, down, 8", of: "cpuDown8", digits: 2 },
  { name: "own CPU s/GB, up, 8", of: "cpuUp8", digits: 2 },
  { name: "streams that broke", of: "broken", digits: 0 },
  { name: "200 at once: succeeded", of: "ok200", digits: 0 },
  { name: "200 at once: answered, s", of: "answered200", digits: 2 },
  { name: "200 at once: closed, s", of: "closed200", digits: 2 },
  { name: "1000 at once: succeeded", of: "ok1000", digits: 0 },
  { name: "1000 at once: answered, s", of: "answered1000", digits: 2 },
  { name: "1000 at once: closed, s", of: "closed1000", digits: 2 },
  { name: "1000 at once: RSS MiB", of: "rss1000", digits: 0 },
  { name: "RSS MiB at first", of: "rssFirst", digits: 0 },
  { name: "RSS MiB after transfers", of: "rssMoved", digits: 0 },
  { name: "p50 after all that, ms", of: "p50After", digits: 2 },
];

/** What the ratios are to. */
const BASES = ["none", "socat", "kubectl-spdy"] as const;
const RATIOS: readonly FigureName[] = [
  "p50",
  "p99",
  "down1",
  "up1",
  "down8",
  "up8",
  "cpuDown",
  "cpuUp",
  "cpuDown8",
  "cpuUp8",
  "closed200",
  "closed1000",
];
const WIDTH = 13;
const FIRST = 28;

/** The medians of all ways, how they relate to the bases, and how the ways behave. */
export function trafficTable(results: readonly WayResult[]): string {
  const heading = (title: string) => title.padEnd(FIRST) + results.map(({ name }) => name.padStart(WIDTH)).join("");
  const cell = (value: number | undefined, digits: number) =>
    (value === undefined || !Number.isFinite(value) ? "-" : value.toFixed(digits)).padStart(WIDTH);
  const lines = [heading("Medians")];
  for (const { name, of, digits } of ROWS) {
    lines.push(name.padEnd(FIRST) + results.map(({ medians }) => cell(medians[of], digits)).join(""));
  }
  for (const base of BASES) {
    const to = results.find(({ name }) => name === base)?.medians;
    if (to === undefined) continue;
    lines.push("", heading(`Ratio to ${base}`));
    for (const { name, of } of ROWS.filter((row) => RATIOS.includes(row.of))) {
      const own = to[of];
      // Nothing uses no CPU of its own: there is no ratio to that.
      if (own === undefined || own === 0) continue;
      const ratios = results.map((result) => cell(ratioTo(base, of, { result, results }), 2));
      lines.push(name.padEnd(FIRST) + ratios.join(""));
    }
  }
  lines.push("", heading("Behaviour"));
  for (
    const [which, name] of [
      ["halfClose", "half-close, then an answer"],
      ["banner", "server speaks first"],
      ["echo", "8 MiB echo"],
      ["reset", "a server's reset arrives as"],
    ] as const
  ) {
    const seen = results.map(({ behaviours }) => (behaviours[which] ?? "-").replace(/:.*/s, "").padStart(WIDTH));
    lines.push(name.padEnd(FIRST) + seen.join(""));
  }
  for (const { name, failures } of results) {
    for (const [words, times] of Object.entries(failures)) lines.push(`${name}: ${times} × ${words}`);
  }
  return lines.join("\n");
}

/** The median of a figure's ratios, each within one round: what disturbs one way in a round disturbs the others as well. */
function ratioTo(
  base: WayName,
  of: FigureName,
  { result, results }: { readonly result: WayResult; readonly results: readonly WayResult[] },
): number {
  const to = results.find(({ name }) => name === base)?.rounds ?? [];
  return median(result.rounds.flatMap((round, index) => {
    const [value, own] = [round[of], to[index]?.[of]];
    return value === undefined || own === undefined || own === 0 ? [] : [value / own];
  }));
}

/** What idle forwards cost. */
export function idleTable(results: readonly IdleResult[]): string {
  const columns = ["forwards", "Active s", "answering s", "RSS MiB", "+ task MiB", "CPU s", "in s"];
  const lines = ["Idle".padEnd(FIRST) + columns.map((name) => name.padStart(WIDTH)).join("")];
  for (const one of results) {
    const cells = [
      String(one.forwards),
      one.active === null ? "-" : one.active.toFixed(2),
      one.answering.toFixed(2),
      one.rss.toFixed(0),
      one.rssWrapper.toFixed(0),
      one.cpu.toFixed(2),
      String(one.window),
    ];
    lines.push(one.way.padEnd(FIRST) + cells.map((value) => value.padStart(WIDTH)).join(""));
  }
  return lines.join("\n");
}
