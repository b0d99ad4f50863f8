import { BerthProcess } from "./berth_process.ts";
import { cpuSeconds, residentMiB } from "./processes.ts";
import { BOX_PORTS, type Rig } from "./rig.ts";
import { answers, freePorts, say, sleep, until } from "./shell.ts";
import { endAll, portForward, spawnQuiet } from "./ways.ts";

/** Many forwards that nobody uses. Times in seconds, memory in MiB. */
export interface IdleResult {
  readonly way: string;
  readonly forwards: number;
  /** From the start of the processes until all are Active; null where the way has no such word. */
  readonly active: number | null;
  /** Until each of them has answered a request. */
  readonly answering: number;
  readonly rss: number;
  /** Of the wrapper that started it, beside `rss`: `deno task`. */
  readonly rssWrapper: number;
  readonly cpu: number;
  /** How long `cpu` was counted. */
  readonly window: number;
}

/** What to measure idle. */
export interface IdlePlan {
  readonly counts: readonly number[];
  /** Seconds. */
  readonly window: number;
  /** 0: not run. */
  readonly kubectl: number;
}

interface Started {
  readonly way: string;
  readonly forwards: number;
  readonly active: number | null;
  readonly answering: number;
  readonly pids: readonly number[];
  readonly wrapper: readonly number[];
  stop(): Promise<void>;
}

/** kubectl takes about this much a process; it is left out where it would not fit. */
const KUBECTL_MIB = 60;
/** After start, until what was allotted for it has settled. */
const SETTLE = 5_000;

/** Starts them one after the other, for their starts compete; then watches all of them at once, for idle ones do not. */
export async function measureIdle(rig: Rig, plan: IdlePlan): Promise<readonly IdleResult[]> {
  const started: Started[] = [];
  try {
    for (const route of ["direct", "tunnel"] as const) {
      for (const count of plan.counts) {
        say(`starting ${count} idle forwards, ${route}`);
        started.push(await startBerth(rig, { route, count }));
      }
    }
    const free = Deno.systemMemoryInfo().available / 1024 / 1024;
    if (plan.kubectl > 0 && free > plan.kubectl * KUBECTL_MIB * 2) {
      say(`starting ${plan.kubectl} kubectl port-forwards over SPDY`);
      started.push(await startKubectl(rig, plan.kubectl));
    } else if (plan.kubectl > 0) {
      say(`NOT RUN: ${plan.kubectl} kubectl port-forwards, which do not fit into ${Math.round(free)} MiB`);
    }
    await sleep(SETTLE);
    say(`watching them for ${plan.window} s`);
    const before = await Promise.all(started.map((one) => cpuSeconds(one.pids)));
    await sleep(plan.window * 1000);
    return await Promise.all(started.map(async (one, index): Promise<IdleResult> => ({
      way: one.way,
      forwards: one.forwards,
      active: one.active,
      answering: one.answering,
      rss: await residentMiB(one.pids),
      rssWrapper: one.wrapper.length === 0 ? 0 : await residentMiB(one.wrapper) - await residentMiB(one.pids),
      cpu: await cpuSeconds(one.pids) - (before[index] ?? 0),
      window: plan.window,
    })));
  } finally {
    await Promise.allSettled(started.map((one) => one.stop()));
  }
}

async function startBerth(
  rig: Rig,
  { route, count }: { readonly route: "direct" | "tunnel"; readonly count: number },
): Promise<Started> {
  const locals = freePorts(count);
  const begun = performance.now();
  const forwards = locals.map((local, index) => ({ name: `idle-${index}`, port: BOX_PORTS.http.port, local }));
  const berth = await BerthProcess.start(forwards, { ...rig, route });
  const pid = await berth.active();
  const active = (performance.now() - begun) / 1000;
  await allAnswer(locals);
  return {
    way: `berth ${route}`,
    forwards: count,
    active,
    answering: (performance.now() - begun) / 1000,
    pids: [pid],
    wrapper: [berth.taskPid],
    stop: () => berth.stop(),
  };
}

async function startKubectl(rig: Rig, count: number): Promise<Started> {
  const locals = freePorts(count);
  const env = { KUBECTL_PORT_FORWARD_WEBSOCKETS: "false", KUBECONFIG: rig.kubeconfig };
  const begun = performance.now();
  const children = locals.map((local) => spawnQuiet(portForward(rig, [`${local}:${BOX_PORTS.http.port}`]), env));
  await allAnswer(locals);
  return {
    way: "kubectl SPDY",
    forwards: count,
    active: null,
    answering: (performance.now() - begun) / 1000,
    pids: children.map((one) => one.pid),
    wrapper: [],
    stop: () => endAll(children),
  };
}

async function allAnswer(ports: readonly number[]): Promise<void> {
  for (const port of ports) await until(async () => await answers(port) ? true : null, `port ${port} answers`);
}
