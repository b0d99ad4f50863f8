/**
 * The whole of `up` in a process of its own, whose clock counts the timers that are set. One line `measure` on its standard input is
 * answered by one line of JSON; its end, or the end of the input, stops it.
 */
import type { Daemon } from "../../src/control/daemon_api.ts";
import { NO_PERMISSIONS } from "../../src/engine/executor.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createShell } from "../../src/host/shell.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import type { Clock } from "../../src/model/world.ts";
import { runUp } from "../../src/wiring/up.ts";
import { loadFile } from "../../src/wiring/workspace_files.ts";
import type { Measure } from "./measure.ts";

/** A clock that knows how many of its timers wait. */
function countedClock(clock: Clock): { readonly clock: Clock; readonly timers: () => number } {
  const waiting = new Set<symbol>();
  return {
    timers: () => waiting.size,
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      sleep: (ms, signal) => {
        const timer = Symbol();
        waiting.add(timer);
        return clock.sleep(ms, signal).finally(() => waiting.delete(timer));
      },
      after: (ms, action) => {
        const timer = Symbol();
        waiting.add(timer);
        const cancel = clock.after(ms, () => {
          waiting.delete(timer);
          action();
        });
        return () => {
          waiting.delete(timer);
          cancel();
        };
      },
    },
  };
}

const [file = "", home = ""] = Deno.args;
const { clock, timers } = countedClock(systemClock());
const variables: Readonly<Record<string, string>> = { XDG_STATE_HOME: `${home}/state`, XDG_RUNTIME_DIR: `${home}/run` };
const env = (name: string) => variables[name];
const host = {
  clock,
  random: Math.random,
  shell: createShell({ clock, env }),
  env,
  home,
  cwd: home,
  pid: Deno.pid,
  log: () => NO_LOG,
};
const loaded = await loadFile(host, file);
if (loaded.workspace === null) throw new Error(JSON.stringify(loaded.diagnostics));
const running: { daemon: Daemon | null } = { daemon: null };
const drain = new AbortController();
const end = runUp(host, {
  takeOver: false,
  loaded: { ...loaded, workspace: loaded.workspace },
  file: loaded.file,
  names: [],
  once: false,
  permissions: NO_PERMISSIONS,
  verbose: false,
  metrics: null,
  dashboard: null,
  replace: false,
  ui: { started: (daemon) => running.daemon = daemon, reloaded: () => {}, note: () => {} },
  drain: drain.signal,
  now: drain.signal,
});

function measure(): Measure {
  const { rss, heapUsed, external } = Deno.memoryUsage();
  const forwards = running.daemon?.status().forwards ?? [];
  return {
    rss,
    heapUsed,
    external,
    timers: timers(),
    forwards: forwards.map(({ name, status, connections }) => ({ name, status, ...connections })),
  };
}

let rest = "";
for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const _ of lines) {
    Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(measure())}\n`));
  }
}
drain.abort();
await end;
