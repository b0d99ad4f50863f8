import { systemClock } from "../../src/host/clock.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { welcomeScenario } from "../../src/sandbox/scenario.ts";
import { hasTmux, Tmux } from "../../test/tui/tmux.ts";
import { cpuSeconds, findPids, residentMiB } from "./processes.ts";
import { freePorts, print, say, sleep } from "./shell.ts";

/** What a whole `up` costs that nobody uses, with its screen open on a terminal. */
export interface IdleScreenResult {
  readonly forwards: number;
  readonly seconds: number;
  /** Percent of a core. */
  readonly cpu: number;
  /** MiB. */
  readonly rss: number;
}

const FORWARDS = 50;
const ROOT = new URL("../..", import.meta.url).pathname;
/** After the last forward is Active, until what was allotted for the start has settled. Milliseconds. */
const SETTLE = 10_000;

/** Measures `deno task up` in a terminal of tmux, on a sandbox that this process serves; null where there is no tmux. */
export async function measureIdleScreen(seconds: number): Promise<IdleScreenResult | null> {
  if (!await hasTmux()) return null;
  say(`deno task up with its screen in tmux, ${FORWARDS} idle forwards, ${seconds} s`);
  // A short path: tmux' socket lies in it.
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "berth-idle-" }));
  const sandbox = await startSandbox({
    clock: systemClock(),
    random: Math.random,
    log: NO_LOG,
    scenario: welcomeScenario(),
  });
  try {
    await Deno.writeTextFile(`${folder}/kubeconfig`, sandbox.kubeconfig);
    const file = `${folder}/forwards.yaml`;
    const lines = freePorts(FORWARDS).map((port, at) =>
      `  ${
        at % 2 === 0 ? `web-${at}: { service: default/web, port: 80` : `api-${at}: { service: default/api, port: http`
      }` +
      `, local: ${port} }`
    );
    await Deno.writeTextFile(
      file,
      ["version: 1", "clusters: { play: { kubeconfig: ./kubeconfig } }", "forwards:", ...lines, ""].join("\n"),
    );
    await using tmux = await Tmux.start(`cd '${ROOT}' && '${Deno.execPath()}' task --quiet up -f '${file}'`, {
      folder,
      cols: 120,
      rows: 50,
      env: { XDG_STATE_HOME: `${folder}/state`, XDG_RUNTIME_DIR: `${folder}/run`, TERM: "xterm-256color" },
    });
    await tmux.shows(new RegExp(`${FORWARDS} of ${FORWARDS} active`));
    await sleep(SETTLE);
    const pids = await findPids(["src/main.ts", file]);
    if (pids.length !== 1) throw new Error(`${pids.length} processes of ${file}`);
    const before = await cpuSeconds(pids);
    const begun = performance.now();
    await sleep(seconds * 1_000);
    const used = await cpuSeconds(pids) - before;
    const passed = (performance.now() - begun) / 1_000;
    const rss = await residentMiB(pids);
    await tmux.press("q");
    await tmux.shows(/EXIT 130/);
    return { forwards: FORWARDS, seconds, cpu: used / passed * 100, rss };
  } finally {
    await sandbox.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Prints it as a person reads it. */
export function printIdleScreen(result: IdleScreenResult | null): void {
  if (result === null) {
    say("NOT RUN: a whole up with its screen: there is no tmux");
    return;
  }
  const { forwards, seconds, cpu, rss } = result;
  print(
    `\nThe whole up with its screen on a terminal, half of its forwards through tunnels\n  ${forwards} idle forwards, ${seconds} s: ${
      cpu.toFixed(2)
    } % of a core, ${rss.toFixed(0)} MiB`,
  );
}
