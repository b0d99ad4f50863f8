import type { UpEnd, UpOptions } from "../cli/services.ts";
import { ControlError } from "../control/control_error.ts";
import { WorkspaceDaemon } from "../control/daemon.ts";
import { LiveClusters } from "../control/live_clusters.ts";
import { type ControlServer, serveControl } from "../control/server.ts";
import type { ActionResult } from "../engine/executor.ts";
import { planAll } from "../engine/bound_kind.ts";
import { createLoop } from "../engine/loop.ts";
import { orderActions, planOf } from "../engine/plan.ts";
import { subscriptionSource } from "../engine/triggers.ts";
import { createForwarders } from "../forward/forwarders.ts";
import { type FilesWatch, watchFiles } from "../host/files_watch.ts";
import { MachineWatch } from "../host/machine_watch.ts";
import { findPortHolder } from "../host/port_holder.ts";
import { isMissingTool } from "../model/k3d.ts";
import { key } from "../model/key.ts";
import type { Port } from "../model/port.ts";
import type { SocketAddress } from "../model/status.ts";
import type { Protocol } from "../model/workspace.ts";
import type { Workspace } from "../model/workspace.ts";
import { StateError } from "../state/atomic_json.ts";
import { openCreated } from "../state/created.ts";
import { openHistory } from "../state/history.ts";
import { type Leases, openLeases } from "../state/leases.ts";
import { type LockHolder, type LockResult, takeLock, type WorkspaceLock } from "../state/lock.ts";
import type { WorkspacePaths } from "../state/paths.ts";
import { redactText } from "../telemetry/redact.ts";
import { makeRegistry } from "./clusters.ts";
import { type Dashboard, openDashboard } from "./dashboard.ts";
import { planningForwards } from "./forward_world.ts";
import type { Host } from "./host.ts";
import { k3dWorld, makeK3d } from "./k3d.ts";
import { KINDS } from "./kinds.ts";
import { meteredHooks, processMetrics } from "./metrics.ts";
import { type Narrowing, narrowing } from "./narrow.ts";
import { nodePortWorld, TouchedClusters } from "./node_ports.ts";
import { clearLeftovers } from "./leftovers.ts";
import { clusterEvent, Notes } from "./notes.ts";
import { publishedPorts } from "./published.ts";
import { takePort } from "./take_port.ts";
import { onceProblems } from "./once.ts";
import { statePaths } from "./locate.ts";
import { workspaceOf } from "./workspaces.ts";
import { type TakeOver, takeOver } from "./take_over.ts";
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
    await clearLeftovers(paths);
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

/** How long `up --once`, a plan and a hand-over wait for clusters to say what they hold, in milliseconds. */
const LIVE_TIMEOUT = 5_000;

interface Holding {
  readonly options: UpOptions;
  /** Absolute path of the root file. */
  readonly file: string;
  readonly paths: WorkspacePaths;
  readonly holder: LockHolder;
  /** Null: it is taken over from who has it, once all is prepared. */
  readonly lock: WorkspaceLock | null;
}

async function hold(host: Host, { options, file, paths, holder, ...given }: Holding): Promise<UpEnd> {
  const { clock, random, log } = host;
  const { ui, drain, now } = options;
  const stack = new AsyncDisposableStack();
  await using _ = stack;
  let lock = given.lock;
  stack.defer(() => lock?.release());

  const { leases, problem } = await openLeases(paths.leases);
  if (problem !== null) ui.note(problem);
  const history = openHistory(paths.history);
  stack.defer(() => history.close());
  // Closed last: for others its end means that all is over.
  let server: ControlServer | null = null;
  stack.defer(() => server?.close());
  const metrics = await processMetrics(
    { port: options.metrics, wanted: options.dashboard !== null },
    () => daemon.status(),
  );
  const k3d = makeK3d(host, metrics.meter);
  const registry = makeRegistry(host, { k3d, dir: paths.runtimeDir, meter: metrics.meter });
  stack.defer(() => registry.close());
  const touched = await TouchedClusters.open(paths);
  let inForce = options.loaded.workspace;
  const live = new LiveClusters({
    clusters: (name) => registry.get(name),
    clock,
    touched: touched.names,
    published: (cluster) => publishedPorts(inForce, cluster),
  });
  stack.defer(() => live.close());
  const holderOf = (address: SocketAddress, protocol: Protocol) =>
    findPortHolder(address, {
      shell: host.shell,
      signal: now,
      protocol,
      workspaceOf: (pid, port, signal) => workspaceOf(host, { pid, port, signal }),
    });
  const forwarders = createForwarders({
    clock,
    random,
    log: log("forward"),
    meter: metrics.meter,
    clusters: (name) => registry.get(name),
    albNames: (cluster, of) => live.albName(cluster, of),
    exec: async (argv, { env, timeout, signal }) => {
      const { code, stderr } = await host.shell(argv, { env, timeout, signal });
      return { code, stderr };
    },
    whoHolds: async (address, protocol) => (await holderOf(address, protocol))?.words ?? null,
    takeOver: async (address, { name, onConflict, protocol }) => {
      if (onConflict !== "take-over" && !(options.takeOver && onConflict === "fail")) return false;
      const holder = await holderOf(address, protocol);
      const done = holder === null ? null : await takePort(host, holder, now);
      if (done === null) return false;
      daemon.tell({
        type: "conflict",
        key: key("forward", name),
        status: null,
        reason: "port-in-use",
        message: `Port ${address.port} taken over: ${done}`,
      });
      return true;
    },
    leases: portLeases(leases, (message) => ui.note(message)),
  });
  stack.defer(() => forwarders.close(now));
  const machine = new MachineWatch({ clock });
  stack.defer(() => machine.close());

  const clusters = await k3dWorld(host, {
    k3d,
    paths,
    report: ({ cluster, message }) => daemon.tell(clusterEvent("progress", cluster, message)),
    // Its API may have moved, and what went through its load balancer is cut.
    changed: ({ cluster }) => registry.get(cluster)?.refresh(),
  });
  if (clusters.problem !== null) ui.note(clusters.problem);
  const created = await openCreated(paths.created);
  const keepCreated = async (names: readonly string[]): Promise<void> => {
    try {
      await created.keep(names, new Date(clock.now()).toISOString());
    } catch (error) {
      ui.note(error instanceof Error ? error.message : String(error));
    }
  };
  const notes = new Notes((cluster, message) => daemon.tell(clusterEvent("note", cluster, message)));
  const asked = new AbortController();
  let dashboard: Dashboard | null = null;
  const handed = new AbortController();
  let sources = options.loaded.sources;
  let watch: FilesWatch | null = null;
  const nodePorts = nodePortWorld({ workspaceId: paths.id, registry, live, touched });
  const named = narrowing(options.names, options.loaded.profiles);
  // What is stopped by hand keeps what was made for it.
  const narrowed = (running: (workspace: Workspace) => Workspace): Narrowing => ({
    ...named,
    forwards: (workspace) => running(named.forwards(workspace)),
  });
  const daemon: WorkspaceDaemon = new WorkspaceDaemon({
    file,
    pid: host.pid,
    clock,
    log: log("control"),
    registry,
    forwarders,
    read: async () => {
      const loaded = await loadFile(host, file);
      sources = loaded.sources;
      watch?.follow(sources);
      ui.reloaded(loaded);
      return loaded;
    },
    connect: async (workspace) => {
      inForce = workspace;
      await registry.use(workspace);
      live.use(workspace);
      await keepCreated(workspace.forwards.map(({ name }) => name));
      // There is no later pass in which what follows from the clusters could come.
      if (options.once) await live.ready({ signal: now, timeout: LIVE_TIMEOUT });
    },
    plan: async (workspace, { running, signal }) => {
      await live.ready({ signal, timeout: LIVE_TIMEOUT });
      const world = {
        k3d: clusters.world,
        nodePorts,
        forwards: planningForwards(host, { view: forwarders, registry, leases }),
        narrowing: narrowed(running),
      };
      return planOf(orderActions(await planAll(KINDS, live.expand(workspace).workspace, world, signal)));
    },
    history: (query) => history.read(query),
    createLoop: ({ workspace, hooks, running, approved }) =>
      createLoop({
        kinds: KINDS,
        world: {
          k3d: clusters.world,
          nodePorts,
          forwards: { view: forwarders, forwarders, localPort: () => null },
          narrowing: narrowed(running),
        },
        workspace: () => {
          const expansion = live.expand(workspace());
          notes.say(expansion.notes);
          return expansion.workspace;
        },
        permissions: () => ({ ...options.permissions, approved: approved() }),
        sources: [live.source, subscriptionSource("wake", (listener) => machine.subscribe(listener))],
        clock,
        random,
        hooks: meteredHooks(hooks, metrics.meter),
        backoff: { initial: 1_000, max: 15_000 },
      }),
    dashboard: () => dashboard?.link ?? null,
    onDown: () => asked.abort(),
    onHandOver: () => handed.abort(),
  }, options.loaded);
  stack.defer(() => daemon.stop(now));
  stack.defer(daemon.subscribe((event) => {
    log("event").info(event.message, { type: event.type, key: event.key, status: event.status, reason: event.reason });
    history.append({ ...event, message: redactText(event.message) }).catch((error: unknown) =>
      log("state").warn("Cannot keep an event", { error })
    );
  }));

  let from: Extract<TakeOver, { readonly kind: "taken" }>["from"] = null;
  if (lock === null) {
    // All that takes time is done while the other process still serves.
    await registry.use(inForce);
    live.use(inForce);
    await live.ready({ signal: drain, timeout: LIVE_TIMEOUT });
    const taken = await takeOver(host, { paths, holder, signal: drain });
    if (taken.kind === "held") return { kind: "held", by: taken.by };
    ({ lock, from } = taken);
  }
  server = await serveControl(daemon, { path: paths.socket, clock, log: log("control") });
  if (server === null) {
    throw new ControlError("refused", `Another program answers on the control socket ${paths.socket}`);
  }

  const page = await metrics.serve();
  if (page !== null) {
    stack.defer(() => page.close());
    ui.note(`Metrics: ${page.url}`);
  }

  if (options.dashboard !== null && metrics.page !== null) {
    const opened = dashboard = await openDashboard(daemon, {
      port: options.dashboard,
      metrics: metrics.page,
      clock,
      log: log("dashboard"),
    });
    stack.defer(() => opened.close());
    ui.note(`Web page: ${opened.link}`);
  }

  ui.started(daemon);
  log("control").info("up", { pid: host.pid, file });
  const pass = await daemon.start();
  if (from !== null) {
    const ms = Math.ceil(clock.monotonic() - from.asked);
    const who = from.pid === null ? "another process" : `PID ${from.pid}`;
    daemon.tell({
      type: "daemon",
      key: null,
      status: null,
      reason: "took-over",
      message: `Took over from ${who}: ports were without a listener for less than ${ms} ms`,
    });
  }
  if (options.once) {
    const problems = await onceProblems(daemon, { pass, clock, signal: AbortSignal.any([drain, asked.signal]) });
    if (problems !== null) return { kind: "once", problems, missingTool: pass.results.some(lacksTool) };
  }

  const watching = watchFiles(sources, { clock, onChange: () => daemon.reload() });
  watch = watching;
  stack.defer(() => watching.close());
  machine.subscribe((what) => {
    log("control").info("looking at everything again", { machine: what });
    registry.refresh();
    forwarders.wake();
    watching.check();
  });
  machine.start();
  await aborted(AbortSignal.any([drain, asked.signal, handed.signal]));
  if (handed.signal.aborted) {
    await server.close();
    await daemon.stop(now);
    await Promise.all(forwarders.running().map(({ spec }) => forwarders.stop(spec.name, now)));
    await lock.release();
    return { kind: "replaced" };
  }
  return asked.signal.aborted ? { kind: "stopped" } : { kind: "interrupted" };
}

function lacksTool({ outcome }: ActionResult): boolean {
  return outcome.status === "failed" && isMissingTool(outcome.reason);
}

function portLeases(
  leases: Leases,
  note: (message: string) => void,
): { get(name: string): Port | undefined; set(name: string, port: Port): void } {
  return {
    get: (name) => leases.get(name),
    set: (name, port) => {
      leases.remember(name, port).catch((error: unknown) =>
        note(error instanceof Error ? error.message : String(error))
      );
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
