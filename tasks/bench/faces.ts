import process from "node:process";
import { systemClock } from "../../src/host/clock.ts";
import { FLAP_EVERY, Flapping } from "./flapping.ts";
import { type FlappingScreen, openFlappingScreen } from "./flapping_screen.ts";
import { print, say, sleep } from "./shell.ts";
import { quantile } from "./stats.ts";

/** What the screen costs. Times in milliseconds, CPU in percent of a core. */
export interface FacesResult {
  readonly flapping: {
    readonly forwards: number;
    readonly eventsPerSecond: number;
    readonly keys: number;
    /** From the moment a key is due to its frame: a busy process, or machine, counts. */
    readonly p50: number;
    readonly p95: number;
    readonly worst: number;
    /** From the moment a key is read to its frame. */
    readonly ownP95: number;
    readonly framesPerSecond: number;
    readonly cpu: number;
    /** Of the same events without a screen. */
    readonly cpuWithout: number;
  };
  readonly idle: { readonly forwards: number; readonly seconds: number; readonly cpu: number };
}

/** How long to measure, in seconds. */
export interface FacesPlan {
  readonly flapping: number;
  readonly idle: number;
}

/** How many forwards flap before each face. */
export const FLAPPING = 300;
/** Between two keys, in milliseconds; not a multiple of what a face does in a rhythm. */
export const KEY_EVERY = 73;
const IDLE = 50;
const SIZE = { cols: 120, rows: 50 };
const clock = systemClock();

/** Measures the screen alone, in this process: hundreds of forwards that all flap while somebody types, and some that do nothing. */
export async function measureFaces(plan: FacesPlan): Promise<FacesResult> {
  say(`${FLAPPING} flapping forwards, without and with the screen, ${plan.flapping} s each`);
  const without = await flap(plan.flapping, false);
  const shown = await flap(plan.flapping, true);
  say(`${IDLE} idle forwards with the screen, ${plan.idle} s`);
  const idle = await beIdle(plan.idle);
  return {
    flapping: {
      forwards: FLAPPING,
      eventsPerSecond: FLAPPING * 1_000 / FLAP_EVERY,
      keys: shown.latencies.length,
      p50: quantile(shown.latencies, 0.5),
      p95: quantile(shown.latencies, 0.95),
      worst: Math.max(...shown.latencies),
      ownP95: quantile(shown.works, 0.95),
      framesPerSecond: shown.frames / plan.flapping,
      cpu: shown.cpu,
      cpuWithout: without.cpu,
    },
    idle: { forwards: IDLE, seconds: plan.idle, cpu: idle },
  };
}

/** Prints them as a person reads them. */
export function printFaces({ flapping, idle }: FacesResult): void {
  const percent = (value: number) => `${value.toFixed(2)} % of a core`;
  print([
    "",
    `The screen, ${SIZE.cols}x${SIZE.rows}`,
    `  ${flapping.forwards} forwards, ${flapping.eventsPerSecond} events a second, ${flapping.keys} keys:`,
    `    key to frame   p50 ${flapping.p50.toFixed(1)} ms, p95 ${flapping.p95.toFixed(1)} ms, worst ${
      flapping.worst.toFixed(1)
    } ms`,
    `    frames         ${flapping.framesPerSecond.toFixed(1)} a second, those of keys among them`,
    `    CPU            ${percent(flapping.cpu)}; the events alone ${percent(flapping.cpuWithout)}`,
    `  ${idle.forwards} idle forwards, ${idle.seconds} s: ${percent(idle.cpu)}`,
  ].join("\n"));
}

/** A screen over `forwards`; `onFrame` hears of each frame. */
function open(forwards: Flapping, onFrame: () => void): FlappingScreen {
  return openFlappingScreen(forwards, { size: SIZE, color: true, clock, write: onFrame });
}

async function flap(
  seconds: number,
  withScreen: boolean,
): Promise<{
  readonly latencies: readonly number[];
  readonly works: readonly number[];
  readonly frames: number;
  readonly cpu: number;
}> {
  const forwards = new Flapping(FLAPPING);
  let frames = 0;
  const shown = withScreen ? open(forwards, () => frames++) : null;
  const latencies: number[] = [];
  const works: number[] = [];
  const begun = clock.monotonic();
  const end = begun + seconds * 1_000;
  const before = process.cpuUsage();
  const still = forwards.run();
  // From the moment a key should have been read to the end of the frame that shows it: a busy loop counts.
  const keys = ["j", "j", "j", "k", "G", "g", "/", "9", "\u007f", "\r", "!"];
  let pressed = 0;
  for (let due = begun + KEY_EVERY; due < end; due += KEY_EVERY) {
    await sleep(Math.max(0, due - clock.monotonic()));
    if (shown === null) continue;
    const read = clock.monotonic();
    shown.type(keys[pressed++ % keys.length] ?? "j");
    works.push(clock.monotonic() - read);
    latencies.push(clock.monotonic() - due);
  }
  still();
  const used = process.cpuUsage(before);
  shown?.screen.close();
  return { latencies, works, frames, cpu: (used.user + used.system) / 10 / (clock.monotonic() - begun) };
}

async function beIdle(seconds: number): Promise<number> {
  const { screen } = open(new Flapping(IDLE), () => {});
  await sleep(1_000);
  const before = process.cpuUsage();
  const begun = clock.monotonic();
  await sleep(seconds * 1_000);
  const used = process.cpuUsage(before);
  const passed = clock.monotonic() - begun;
  screen.close();
  return (used.user + used.system) / 10 / passed;
}
