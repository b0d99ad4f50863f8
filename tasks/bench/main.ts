/**
 * `deno task bench`: berth beside what else leads to a pod, on the same machine in the same run; and what the control plane costs.
 * Without a rig it runs what needs none, and says in one line that the rest was not run.
 *
 * Runs with all permissions: what other processes cost stands in /proc, which Deno opens to nothing less.
 */
import { ClientPool } from "./client_pool.ts";
import { measureControlPlane, printControlPlane } from "./control_plane.ts";
import { measureFaces, printFaces } from "./faces.ts";
import { measureIdleScreen, printIdleScreen } from "./faces_idle.ts";
import { measurePage, printPage } from "./faces_page.ts";
import { type Flags, readFlags, USAGE } from "./flags.ts";
import { type IdlePlan, measureIdle } from "./idle.ts";
import { whyNoRig, withRig } from "./rig.ts";
import { print, run, say } from "./shell.ts";
import { measureColdStart, printColdStart } from "./startup.ts";
import { idleTable, trafficTable } from "./table.ts";
import { measureTraffic, type TrafficPlan } from "./traffic.ts";

/** Processes that measure: enough that on eight streams no one of them is the bottleneck. */
const CLIENTS = 4;

const FULL: TrafficPlan = { rounds: 5, connections: 300, warmUp: 500, window: 2_000 };
const QUICK: TrafficPlan = { rounds: 1, connections: 100, warmUp: 300, window: 700 };
const IDLE: IdlePlan = { counts: [50, 200], window: 60, kubectl: 50 };
const QUICK_IDLE: IdlePlan = { counts: [50], window: 5, kubectl: 0 };

async function machine(): Promise<Record<string, unknown>> {
  const cpu = (await Deno.readTextFile("/proc/cpuinfo").catch(() => "")).match(/model name\s*: (.*)/)?.[1] ?? "unknown";
  const first = async (argv: readonly [string, ...string[]]) => (await run(argv)).stdout.split("\n")[0] ?? "";
  return {
    date: new Date().toISOString(),
    cpu,
    cores: navigator.hardwareConcurrency,
    memoryMiB: Math.round(Deno.systemMemoryInfo().total / 1024 / 1024),
    load: Deno.loadavg(),
    deno: Deno.version.deno,
    kubectl: await first(["kubectl", "version", "--client"]),
    socat: (await run(["socat", "-V"])).stdout.match(/socat version \S+/)?.[0] ?? "",
    commit: await first(["git", "rev-parse", "--short", "HEAD"]),
  };
}

async function bench(flags: Flags): Promise<void> {
  const where = await machine();
  const report: Record<string, unknown> = { machine: where, flags };
  print(Object.entries(where).map(([name, value]) => `${name}: ${String(value)}`).join("\n"));
  const save = async () => {
    if (flags.json !== null) await Deno.writeTextFile(flags.json, `${JSON.stringify(report, null, 1)}\n`);
  };
  if (flags.parts.includes("control")) {
    const controlPlane = await measureControlPlane(flags.rounds);
    Object.assign(report, { controlPlane });
    printControlPlane(controlPlane);
    await save();
  }
  if (flags.parts.includes("startup")) {
    const coldStart = await measureColdStart(flags.quick ? 2 : 10);
    Object.assign(report, { coldStart });
    printColdStart(coldStart);
    await save();
  }
  if (flags.parts.includes("faces")) {
    const faces = await measureFaces(flags.quick ? { flapping: 3, idle: 5 } : { flapping: 15, idle: 60 });
    Object.assign(report, { faces });
    printFaces(faces);
    const page = await measurePage(flags.quick ? 3 : 15);
    Object.assign(report, { page });
    printPage(page);
    const idleScreen = await measureIdleScreen(flags.quick ? 5 : 60);
    Object.assign(report, { idleScreen });
    printIdleScreen(idleScreen);
    await save();
  }
  const onRig: readonly string[] = ["traffic", "idle"];
  if (!flags.parts.some((part) => onRig.includes(part))) return;
  const missing = await whyNoRig();
  if (missing !== null) {
    say(`NOT RUN: everything on a cluster (traffic, idle forwards): ${missing}; it needs Docker, k3d and kubectl`);
    return;
  }
  await withRig(async (rig) => {
    if (flags.parts.includes("traffic")) {
      await using pool = new ClientPool(CLIENTS);
      const plan = { ...(flags.quick ? QUICK : FULL), rounds: flags.rounds };
      const traffic = await measureTraffic(flags.only, { rig, pool, plan });
      Object.assign(report, { plan, traffic });
      print(`\n${trafficTable(traffic)}`);
      await save();
    }
    if (flags.parts.includes("idle")) {
      const idle = await measureIdle(rig, flags.quick ? QUICK_IDLE : IDLE);
      Object.assign(report, { idle });
      print(`\n${idleTable(idle)}`);
      await save();
    }
  });
}

const flags = readFlags(Deno.args);
if (flags === null) {
  print(USAGE);
} else if (typeof flags === "string") {
  say(`${flags}\n${USAGE}`);
  Deno.exitCode = 64;
} else {
  await bench(flags);
}
