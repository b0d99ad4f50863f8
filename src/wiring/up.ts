import type { UpEnd, UpOptions } from "../cli/services.ts";
import type { WorkspaceDaemon } from "../control/daemon.ts";
import type { ControlServer } from "../control/server.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { ActionResult } from "../engine/executor.ts";
import { type FilesWatch, watchFiles } from "../host/files_watch.ts";
import { isMissingTool } from "../model/k3d.ts";
import { StateError } from "../state/atomic_json.ts";
import { type History, openHistory } from "../state/history.ts";
import { type LockHolder, type LockResult, takeLock, type WorkspaceLock } from "../state/lock.ts";
import type { WorkspacePaths } from "../state/paths.ts";
import { PassContext } from "./pass_context.ts";
import { redactText } from "../telemetry/redact.ts";
import type { Dashboard } from "./dashboard.ts";
import type { Host } from "./host.ts";
import { clearLeftovers } from "./leftovers.ts";
import { statePaths } from "./locate.ts";
import { onceProblems } from "./once.ts";
import { type TakeOver, takeOver } from "./take_over.ts";
import { LIVE_TIMEOUT, upDaemon } from "./up_daemon.ts";
import { servePages, serveSocket } from "./up_servers.ts";
import { openUpWorld, type UpWorld } from "./up_world.ts";
import { loadFile } from "./workspace_files.ts";

/** Makes the machine match the file and keeps it so, until it is told to stop. Rejects with `ControlError` or the bugs it meets. */
export async function runUp(host: Host, options: UpOptions): Promise<UpEnd> {
  const file = options.loaded.workspace.file;
  const paths = await statePaths(host, file);
  try {
    const holder = { pid: host.pid, since: new Date(host.clock.now()).toISOString() };
    if (options.replace) return await hold(host, { options, file, paths, holder, lock: null });
    const taken = await takeNamed(host, paths, holder);
    if (taken.kind === "held") return { kind: "held", by: taken.by };
    await clearLeftovers(paths, { shell: host.shell, signal: options.now });
    return await hold(host, { options, file, paths, holder, lock: taken.lock });
  } catch (error) {
    if (error instanceof StateError) return { kind: "failed", message: error.message };
    throw error;
  }
}

/** How long a holder of the lock may take to say who it is, in milliseconds, and how often it is looked for. */
const NAME_LIMIT = 2_000;
const NAME_EVERY = 20;

/** Tries to take the lock. Who has just taken it gets a moment to write down who it is. */
async function takeNamed({ clock }: Host, paths: WorkspacePaths, holder: LockHolder): Promise<LockResult> {
  const until = clock.monotonic() + NAME_LIMIT;
  for (;;) {
    const taken = await takeLock(paths.lock, holder);
    if (taken.kind === "taken" || taken.by !== null || clock.monotonic() > until) return taken;
    await clock.sleep(NAME_EVERY);
  }
}

interface Holding {
  readonly options: UpOptions;
  /** Absolute path of the root file. */
  readonly file: string;
  readonly paths: WorkspacePaths;
  readonly holder: LockHolder;
  /** Null: it is taken over from who has it, once all is prepared. */
  readonly lock: WorkspaceLock | null;
}

/** From the lock to the end: opens the world, serves, makes the first pass, and stays until it is told to stop. */
async function hold(outer: Host, { options, file, paths, holder, ...given }: Holding): Promise<UpEnd> {
  const passes = new PassContext(outer.log);
  const host: Host = { ...outer, log: (room) => passes.room(room) };
  const { clock, log } = host;
  const { ui, drain, now } = options;
  const stack = new AsyncDisposableStack();
  await using _ = stack;
  let lock = given.lock;
  stack.defer(() => lock?.release());
  const history = openHistory(paths.history);
  stack.defer(() => history.close());
  // Closed last: for others its end means that all is over.
  let server: ControlServer | null = null;
  stack.defer(() => server?.close());

  const asked = new AbortController();
  const handed = new AbortController();
  let dashboard: Dashboard | null = null;
  const problems: Diagnostic[] = [];
  let sources = options.loaded.sources;
  let watch: FilesWatch | null = null;
  const world = await openUpWorld(host, {
    options,
    paths,
    stack,
    tell: (event) => daemon.tell(event),
    status: () => daemon.status(),
  });
  const daemon: WorkspaceDaemon = upDaemon(host, {
    options,
    world,
    passes,
    file,
    read: async () => {
      const loaded = await loadFile(host, file);
      sources = loaded.sources;
      watch?.follow(sources);
      ui.reloaded(loaded);
      return loaded;
    },
    history: (query) => history.read(query),
    dashboard: () => dashboard?.link ?? null,
    problems: () => problems,
    onDown: () => asked.abort(),
    onHandOver: () => handed.abort(),
  });
  stack.defer(() => daemon.stop(now));
  stack.defer(keepEvents(host, daemon, history));

  let from: Predecessor = null;
  if (lock === null) {
    // All that takes time is done while the other process still serves.
    await world.connect(options.loaded.workspace);
    await world.live.ready({ signal: drain, timeout: LIVE_TIMEOUT });
    const taken = await takeOver(host, { paths, holder, signal: drain });
    if (taken.kind === "held") return { kind: "held", by: taken.by };
    ({ lock, from } = taken);
  }
  server = await serveSocket(host, daemon, paths.socket);
  dashboard = await servePages(host, { daemon, world, stack, options, failed: (problem) => problems.push(problem) });

  ui.started(daemon);
  log("control").info("up", { pid: host.pid, file });
  const pass = await daemon.start();
  if (from !== null) tellTakenOver(daemon, from, clock.monotonic());
  if (options.once) {
    const undone = await onceProblems(daemon, { pass, clock, signal: AbortSignal.any([drain, asked.signal]) });
    if (undone !== null) return { kind: "once", problems: undone, missingTool: pass.results.some(lacksTool) };
  }

  const watching = watch = watchFiles(sources, { clock, onChange: () => daemon.reload() });
  stack.defer(() => watching.close());
  watchMachine(host, world, watching);
  await aborted(AbortSignal.any([drain, asked.signal, handed.signal]));
  if (handed.signal.aborted) {
    await server.close();
    await daemon.stop(now);
    await Promise.all(world.forwarders.running().map(({ spec }) => world.forwarders.stop(spec.name, now)));
    await lock.release();
    return { kind: "replaced" };
  }
  return asked.signal.aborted ? { kind: "stopped" } : { kind: "interrupted" };
}

/** Puts what the daemon tells into the log and on disk, until the returned function is called. */
function keepEvents({ log }: Host, daemon: WorkspaceDaemon, history: History): () => void {
  return daemon.subscribe((event) => {
    log("event").info(event.message, { type: event.type, key: event.key, status: event.status, reason: event.reason });
    history.append({ ...event, message: redactText(event.message) }).catch((error: unknown) =>
      log("state").warn("Cannot keep an event", { error })
    );
  });
}

/** Who had the workspace before, where somebody had. */
type Predecessor = Extract<TakeOver, { readonly kind: "taken" }>["from"];

function tellTakenOver(daemon: WorkspaceDaemon, from: NonNullable<Predecessor>, now: number): void {
  const ms = Math.ceil(now - from.asked);
  const who = from.pid === null ? "another process" : `PID ${from.pid}`;
  daemon.tell({
    type: "daemon",
    key: null,
    status: null,
    reason: "took-over",
    message: `Took over from ${who}: ports were without a listener for less than ${ms} ms`,
  });
}

/** After a sleep or on another network, what was known of clusters, tunnels and files may not hold any more. */
function watchMachine({ log }: Host, { machine, registry, forwarders }: UpWorld, files: FilesWatch): void {
  machine.subscribe((what) => {
    log("control").info("looking at everything again", { machine: what });
    registry.refresh();
    forwarders.wake();
    files.check();
  });
  machine.start();
}

function lacksTool({ outcome }: ActionResult): boolean {
  return outcome.status === "failed" && isMissingTool(outcome.reason);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
