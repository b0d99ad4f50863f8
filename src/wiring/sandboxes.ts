import { join } from "node:path";
import type { ClusterSpec } from "../model/workspace.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { makePrivateDirectory } from "../state/atomic_json.ts";
import type { Host } from "./host.ts";

/** The sandboxes of one process, each started when its cluster is first used. */
export class Sandboxes {
  readonly #host: Host;
  readonly #dir: string;
  readonly #started = new Map<string, Promise<{ readonly sandbox: Sandbox; readonly kubeconfig: string }>>();

  /** `dir`: where their kubeconfigs go, for this user alone, while they run. */
  constructor(host: Host, dir: string) {
    this.#host = host;
    this.#dir = dir;
  }

  /** The kubeconfig of a sandbox cluster, which runs from then on. */
  async kubeconfig(spec: ClusterSpec): Promise<string> {
    let starting = this.#started.get(spec.name);
    if (starting === undefined) {
      starting = this.#start(spec);
      this.#started.set(spec.name, starting);
    }
    return (await starting).kubeconfig;
  }

  async #start(spec: ClusterSpec): Promise<{ readonly sandbox: Sandbox; readonly kubeconfig: string }> {
    const [{ startSandbox }, { kecsScenario, welcomeScenario }] = await Promise.all([
      import("../sandbox/sandbox.ts"),
      import("../sandbox/scenario.ts"),
    ]);
    const { clock, random, log, pid } = this.#host;
    const scenario = spec.kecs === undefined ? welcomeScenario() : kecsScenario({ region: spec.kecs.region });
    const sandbox = await startSandbox({ clock, random, log: log("sandbox"), scenario });
    await makePrivateDirectory(this.#dir);
    const kubeconfig = join(this.#dir, `sandbox-${spec.name}-${pid}.kubeconfig`);
    await Deno.writeTextFile(kubeconfig, sandbox.kubeconfig, { mode: 0o600 });
    return { sandbox, kubeconfig };
  }

  /** Ends the sandbox of a cluster, if it runs. */
  async close(name: string): Promise<void> {
    const starting = this.#started.get(name);
    if (starting === undefined) return;
    this.#started.delete(name);
    const { sandbox, kubeconfig } = await starting;
    await sandbox.close();
    await Deno.remove(kubeconfig).catch(() => {});
  }
}
