import process from "node:process";
import type { Page } from "playwright-core";
import { systemClock } from "../../src/host/clock.ts";
import { browserPath, launch, servePage } from "../../test/browser/browser.ts";
import { FLAPPING, KEY_EVERY } from "./faces.ts";
import { FLAP_EVERY, Flapping } from "./flapping.ts";
import { cpuSeconds } from "./processes.ts";
import { print, say, sleep } from "./shell.ts";
import { quantile } from "./stats.ts";

/** What the web page costs. Times in milliseconds, CPU in percent of a core. */
export interface PageResult {
  readonly forwards: number;
  readonly eventsPerSecond: number;
  readonly keys: number;
  /** From a key, as the browser got it, to the frame after it. */
  readonly p50: number;
  readonly p95: number;
  readonly worst: number;
  /** All processes of the browser, which draws in software here. */
  readonly browserCpu: number;
  /** The same page with nothing going on. */
  readonly browserIdle: number;
  /** What serves the page, the events themselves included. */
  readonly serverCpu: number;
  /** From a change of one forward to the page showing it: while all others flap, and while they are still. */
  readonly follows: { readonly flapping: Follow; readonly still: Follow };
}

/** Times of one forward's changes until they are on the page, in milliseconds. */
export interface Follow {
  readonly changes: number;
  readonly p50: number;
  readonly worst: number;
}

const clock = systemClock();
/** The forward whose row is followed; it is in sight. */
const FOLLOWED = 1;

/** Measures the page in a headless browser; null where there is none. */
export async function measurePage(seconds: number): Promise<PageResult | null> {
  if (browserPath === null) return null;
  say(`${FLAPPING} flapping forwards on the web page, ${seconds} s, and as long at rest`);
  const forwards = new Flapping(FLAPPING);
  const server = await servePage(forwards.daemon());
  const browser = await launch();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(server.link);
    await page.locator(`tr[data-name="service-${FOLLOWED}"]`).waitFor();
    await page.evaluate(PROBE);
    await sleep(1_000);
    const idle = await measured(() => sleep(seconds * 1_000));

    const changes: Change[] = [];
    const note = (status: string): void => void changes.push({ status, at: Date.now() });
    const flapping = await measured(async () => {
      const still = forwards.run((at, status) => at === FOLLOWED && note(status));
      await type(page, seconds);
      still();
    });
    await sleep(1_000);
    const { latencies, seen } = await page.evaluate<Seen>("globalThis.probe");
    await page.evaluate("probe.seen.length = 0");
    const single: Change[] = [];
    for (let round = 0; round < 10; round++) {
      const status = forwards.flip(FOLLOWED);
      if (status !== null) single.push({ status, at: Date.now() });
      // Not in step with anything that the page does by itself.
      await sleep(1_000 + 37 * round);
    }
    const alone = await page.evaluate<Seen>("globalThis.probe");
    return {
      forwards: FLAPPING,
      eventsPerSecond: FLAPPING * 1_000 / FLAP_EVERY,
      keys: latencies.length,
      p50: quantile(latencies, 0.5),
      p95: quantile(latencies, 0.95),
      worst: Math.max(...latencies),
      browserCpu: flapping.browser,
      browserIdle: idle.browser,
      serverCpu: flapping.server,
      follows: { flapping: follow(changes, seen), still: follow(single, alone.seen) },
    };
  } finally {
    await browser.close();
    await server.close();
  }
}

/** Prints them as a person reads them. */
export function printPage(result: PageResult | null): void {
  if (result === null) {
    say("NOT RUN: the web page: there is no Chromium");
    return;
  }
  const percent = (value: number) => `${value.toFixed(1)} % of a core`;
  const followed = ({ changes, p50, worst }: Follow) =>
    `p50 ${p50.toFixed(0)} ms, worst ${worst.toFixed(0)} ms (${changes} changes)`;
  print([
    "",
    "The web page, 1280x800, headless Chromium that draws in software",
    `  ${result.forwards} forwards, ${result.eventsPerSecond} events a second, ${result.keys} keys:`,
    `    key to frame   p50 ${result.p50.toFixed(1)} ms, p95 ${result.p95.toFixed(1)} ms, worst ${
      result.worst.toFixed(1)
    } ms`,
    `    CPU            browser ${percent(result.browserCpu)}, server ${percent(result.serverCpu)}`,
    `    change to page ${followed(result.follows.flapping)}`,
    `  all still: browser ${percent(result.browserIdle)}; change to page ${followed(result.follows.still)}`,
  ].join("\n"));
}

interface Change {
  readonly status: string;
  /** Milliseconds since the epoch: the browser's clock is this machine's. */
  readonly at: number;
}

interface Seen {
  readonly latencies: readonly number[];
  readonly seen: readonly Change[];
}

/** Runs in the page: times from keys to frames, and when the followed row says something new. */
const PROBE = `
  globalThis.probe = { latencies: [], seen: [] };
  addEventListener("keydown", (event) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => probe.latencies.push(performance.now() - event.timeStamp);
    // After the frame: what a callback of it posts runs once it is drawn.
    requestAnimationFrame(() => channel.port2.postMessage(null));
  }, { capture: true });
  let last = null;
  new MutationObserver(() => {
    const status = document.querySelector('tr[data-name="service-${FOLLOWED}"] .status')?.className.split(" ")[1];
    if (status === undefined || status === last) return;
    last = status;
    requestAnimationFrame(() => probe.seen.push({ status, at: Date.now() }));
  }).observe(document.getElementById("clusters"), { childList: true, subtree: true, attributes: true, characterData: true });
`;

/** From each change to the first time after it that the page shows that; one that the next change overtook is left out. */
function follow(changes: readonly Change[], seen: readonly Change[]): Follow {
  const times = changes.flatMap(({ status, at }, index) => {
    const until = changes[index + 1]?.at ?? Infinity;
    const shown = seen.find((one) => one.at >= at && one.at < until && one.status === status);
    return shown === undefined ? [] : [shown.at - at];
  });
  return { changes: times.length, p50: quantile(times, 0.5), worst: Math.max(...times) };
}

/** Moves, filters and looks at details, for so long. */
async function type(page: Page, seconds: number): Promise<void> {
  const keys = ["j", "j", "j", "k", "/", "9", "Backspace", "Escape", "j", "Enter", "Escape"];
  const begun = clock.monotonic();
  for (let at = 1; at * KEY_EVERY < seconds * 1_000; at++) {
    await sleep(Math.max(0, begun + at * KEY_EVERY - clock.monotonic()));
    await page.keyboard.press(keys[at % keys.length] ?? "j");
  }
}

/** CPU of this process and of its children while `work` goes on, in percent of a core. */
async function measured(work: () => Promise<void>): Promise<{ readonly server: number; readonly browser: number }> {
  const all = await cpuSeconds([Deno.pid]);
  const own = process.cpuUsage();
  const begun = clock.monotonic();
  await work();
  const used = process.cpuUsage(own);
  const server = (used.user + used.system) / 1e6;
  const passed = (clock.monotonic() - begun) / 1_000;
  const browser = await cpuSeconds([Deno.pid]) - all - server;
  return { server: server / passed * 100, browser: browser / passed * 100 };
}
