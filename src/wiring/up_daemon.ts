import type { UpOptions } from "../cli/services.ts";
import { WorkspaceDaemon } from "../control/daemon.ts";
import type { DaemonParts } from "../control/daemon_parts.ts";
import { planAll } from "../engine/bound_kind.ts";
import { createLoop } from "../engine/loop.ts";
import { orderActions, planOf } from "../engine/plan.ts";
import { subscriptionSource } from "../engine/triggers.ts";
import type { PassContext } from "./pass_context.ts";
import type { Workspace } from "../model/workspace.ts";
import { planningForwards } from "./forward_world.ts";
import type { Host } from "./host.ts";
import { KINDS } from "./kinds.ts";
import { meteredHooks } from "./metrics.ts";
import { type Narrowing, narrowing } from "./narrow.ts";
import { clusterEvent, Notes } from "./notes.ts";
import type { UpWorld } from "./up_world.ts";

/** How long `up --once`, a plan and a hand-over wait for clusters to say what they hold, in milliseconds. */
export const LIVE_TIMEOUT = 5_000;

/** The daemon of one `up`: its loop and its plans, over `world`. */
export function upDaemon(
  host: Host,
  { options, world, passes, ...parts }:
    & { readonly options: UpOptions; readonly world: UpWorld; readonly passes: PassContext }
    & Pick<DaemonParts, "file" | "read" | "history" | "dashboard" | "problems" | "onDown" | "onHandOver">,
): WorkspaceDaemon {
  const { clock, random, log } = host;
  const { live, registry, forwarders, metrics, k3d, nodePorts } = world;
  const notes = new Notes((cluster, message) => daemon.tell(clusterEvent("note", cluster, message)));
  const named = narrowing(options.names, options.loaded.profiles);
  // What is stopped by hand keeps what was made for it.
  const narrowed = (running: (workspace: Workspace) => Workspace): Narrowing => ({
    ...named,
    forwards: (workspace) => running(named.forwards(workspace)),
  });
  const daemon: WorkspaceDaemon = new WorkspaceDaemon({
    ...parts,
    pid: host.pid,
    clock,
    log: log("control"),
    registry,
    forwarders,
    connect: async (workspace) => {
      await world.connect(workspace);
      await keepCreated(world, workspace, { now: clock.now(), note: (message) => options.ui.note(message) });
      // There is no later pass in which what follows from the clusters could come.
      if (options.once) await live.ready({ signal: options.now, timeout: LIVE_TIMEOUT });
    },
    plan: async (workspace, { running, signal }) => {
      await live.ready({ signal, timeout: LIVE_TIMEOUT });
      const forwards = planningForwards(host, {
        view: forwarders,
        registry,
        leases: world.leases,
        takeOver: options.takeOver,
      });
      const whole = { k3d, nodePorts, forwards, narrowing: narrowed(running) };
      return planOf(orderActions(await planAll(KINDS, live.expand(workspace).workspace, whole, signal)));
    },
    createLoop: ({ workspace, hooks, running, approved }) =>
      createLoop({
        kinds: KINDS,
        world: {
          k3d,
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
        sources: [live.source, subscriptionSource("wake", (listener) => world.machine.subscribe(listener))],
        clock,
        random,
        hooks: meteredHooks(hooks, metrics.meter),
        within: (pass, work) => passes.run(pass, work),
        backoff: { initial: 1_000, max: 15_000 },
      }),
  }, options.loaded);
  return daemon;
}

/** Remembers since when each forward is part of the workspace. A disk that is full holds up no forward. */
async function keepCreated(
  { created }: UpWorld,
  { forwards }: Workspace,
  { now, note }: { readonly now: number; readonly note: (message: string) => void },
): Promise<void> {
  try {
    await created.keep(forwards.map(({ name }) => name), new Date(now).toISOString());
  } catch (error) {
    note(error instanceof Error ? error.message : String(error));
  }
}
