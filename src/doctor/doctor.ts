import type { Finding } from "../model/doctor.ts";
import { checkCluster } from "./clusters.ts";
import type { Machine } from "./machine.ts";
import {
  checkContainer,
  checkDaemon,
  checkFolders,
  checkLoopback,
  checkOpenFiles,
  checkPorts,
  checkWorkspace,
} from "./surroundings.ts";
import { checkDeno, checkDocker, checkK3d, checkKubectl, checkLoadBalancers } from "./tools.ts";

/** How long one check may take, in milliseconds. */
export const CHECK_TIMEOUT = 15_000;

/**
 * Looks at everything at once and returns what it found, always in the same order. A check that fails or hangs is a finding, never the end
 * of the others.
 */
export async function examine(machine: Machine, signal: AbortSignal): Promise<readonly Finding[]> {
  const bounded = (name: string, check: (signal: AbortSignal) => readonly Finding[] | Promise<readonly Finding[]>) =>
    runCheck({ name, check, machine, signal });
  // Everything that needs the file waits for it alone; one that cannot be read is a finding of its check.
  const facts = machine.workspace().catch(() => null);
  const good = facts.then((found) => found?.kind === "good" ? found.workspace : null);
  const usesK3d = good.then((workspace) =>
    [...workspace?.clusters.values() ?? []].some(({ access }) => access.kind === "k3d")
  );
  const parts = [
    bounded("deno", () => checkDeno(machine)),
    bounded("docker", async (signal) => await checkDocker(machine, { needed: await usesK3d, signal })),
    bounded("k3d", async (signal) => await checkK3d(machine, { needed: await usesK3d, signal })),
    bounded("kubectl", async (signal) => await checkKubectl(machine, signal)),
    bounded("container", async () => await checkContainer(machine)),
    bounded("loopback", async () => await checkLoopback(machine)),
    bounded("open-files", async (signal) => await checkOpenFiles(machine, signal)),
    bounded("folder", async () => await checkFolders(machine)),
    bounded("workspace", async () => await checkWorkspace(machine)),
    bounded("daemon", async (signal) => await checkDaemon(machine, signal)),
    bounded("port", async (signal) => await checkPorts(machine, { workspace: await good, signal })),
    good.then(async (workspace) => {
      if (workspace === null) return [];
      const found = await Promise.all(Array.from(workspace.clusters.values(), (spec) =>
        bounded(
          `cluster ${spec.name}`,
          async (signal) => await checkCluster(machine, { spec, workspace, signal }),
        )));
      return found.flat();
    }),
    bounded("load-balancer", async (signal) => await checkLoadBalancers(machine, { workspace: await good, signal })),
  ];
  return (await Promise.all(parts)).flat();
}

async function runCheck({ name, check, machine, signal }: {
  readonly name: string;
  readonly check: (signal: AbortSignal) => readonly Finding[] | Promise<readonly Finding[]>;
  readonly machine: Machine;
  readonly signal: AbortSignal;
}): Promise<readonly Finding[]> {
  signal.throwIfAborted();
  const end = new AbortController();
  const failed = (message: string): readonly Finding[] => [
    { check: name.split(" ")[0] ?? name, subject: name, level: "warn", message },
  ];
  const seconds = CHECK_TIMEOUT / 1000;
  const { promise: late, resolve } = Promise.withResolvers<readonly Finding[]>();
  const cancel = machine.clock.after(CHECK_TIMEOUT, () => {
    resolve(failed(`not known: no answer within ${seconds} s`));
    end.abort();
  });
  const abort = () => end.abort(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    const found = (async () => await check(end.signal))().catch((error) => {
      signal.throwIfAborted();
      return failed(`not known: ${error instanceof Error ? error.message : String(error)}`);
    });
    return await Promise.race([found, late]);
  } finally {
    cancel();
    signal.removeEventListener("abort", abort);
  }
}
