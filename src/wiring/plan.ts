import type { GoodFile } from "../cli/services.ts";
import { connectControl, type ControlClient } from "../control/client.ts";
import { LiveClusters } from "../control/live_clusters.ts";
import { planAll } from "../engine/bound_kind.ts";
import { orderActions, planOf } from "../engine/plan.ts";
import type { ForwarderView } from "../model/forwarders.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Plan } from "../model/plan.ts";
import { openLeases } from "../state/leases.ts";
import { makeRegistry } from "./clusters.ts";
import { planningForwards } from "./forward_world.ts";
import type { Host } from "./host.ts";
import { k3dWorld, makeK3d } from "./k3d.ts";
import { KINDS } from "./kinds.ts";
import { statePaths } from "./locate.ts";
import { narrowing } from "./narrow.ts";
import { nodePortWorld, TouchedClusters } from "./node_ports.ts";
import { publishedPorts } from "./published.ts";

/** How long a plan waits for clusters to say what they hold, in milliseconds. */
const LIVE_TIMEOUT = 5_000;

/** What would have to be done now, against what the process that holds the workspace runs, if one does. Changes nothing. */
export async function makePlan(host: Host, loaded: GoodFile, signal: AbortSignal): Promise<Plan> {
  const { workspace } = loaded;
  const paths = await statePaths(host, workspace.file);
  await using stack = new AsyncDisposableStack();
  const client = await connectControl(paths.socket, { clock: host.clock, signal });
  stack.defer(() => client?.close());
  const k3d = makeK3d(host);
  const registry = makeRegistry(host, { k3d, dir: paths.runtimeDir });
  stack.defer(() => registry.close());
  const view: ForwarderView = client === null
    ? { list: () => Promise.resolve([]) }
    : { list: (asked) => client.forwards(asked) };
  const [stopped, { leases }, touched, { world }] = await Promise.all([
    client === null ? [] : stoppedByHand(client, signal),
    openLeases(paths.leases),
    TouchedClusters.open(paths),
    k3dWorld(host, { k3d, paths }),
  ]);
  const live = new LiveClusters({
    clusters: (name) => registry.get(name),
    clock: host.clock,
    touched: touched.names,
    published: (cluster) => publishedPorts(workspace, cluster),
  });
  stack.defer(() => live.close());
  await registry.use(workspace);
  live.use(workspace);
  await live.ready({ signal, timeout: LIVE_TIMEOUT });
  const asked = narrowing([], loaded.profiles);
  const worlds = {
    k3d: world,
    nodePorts: nodePortWorld({ workspaceId: paths.id, registry, live, touched }),
    forwards: planningForwards(host, { view, registry, leases, takeOver: loaded.takeOver }),
    narrowing: { ...asked, forwards: (all: Workspace) => without(asked.forwards(all), stopped) },
  };
  const expanded = live.expand(workspace).workspace;
  return planOf(orderActions(await planAll(KINDS, expanded, worlds, signal)));
}

/** The forwards that were stopped while the process runs: it would not start them. */
async function stoppedByHand(client: ControlClient, signal: AbortSignal): Promise<readonly string[]> {
  const { forwards } = await client.status(signal);
  return forwards.filter(({ status }) => status === "Stopped").map(({ name }) => name);
}

function without(workspace: Workspace, names: readonly string[]): Workspace {
  return { ...workspace, forwards: workspace.forwards.filter(({ name }) => !names.includes(name)) };
}
