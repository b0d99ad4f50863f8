import type {
  K3dCall,
  K3dClusterFacts,
  K3dControl,
  K3dFailure,
  K3dNode,
  K3dObservation,
  K3dProcess,
  K3dResult,
  K3dVersion,
} from "../model/k3d.ts";
import type { Run, RunResult } from "../model/run.ts";
import type { Log } from "../model/world.ts";
import * as argvs from "./argv.ts";
import { failureOf } from "./failures.ts";
import { isTooOld, parseLogLine, parseProcesses, parseVersion } from "./output.ts";
import { parseIds, parseInspect, parseNames, parseUpstreams } from "./parse_docker.ts";

/** How long a look may take, in milliseconds. */
const LOOK = 20_000;
/** An edit takes about 7.3 s, and k3d sets it no limit of its own. */
const EDIT = 90_000;
/** Beyond k3d's own `--timeout`, so that k3d gets to roll back. */
const START = (argvs.START_SECONDS + 60) * 1_000;
const SHORT = 60_000;

/** What the control is made of. */
export interface K3dControlOptions {
  readonly run: Run;
  /** Variables that k3d itself reads, such as `K3D_IMAGE_LOADBALANCER`. `LOG_LEVEL` must not be among what commands get to see. */
  readonly env?: Readonly<Record<string, string>>;
  /** Told of every command, without secrets. */
  readonly log?: Log;
  /** Told of the end of every edit of a cluster, by k3d's name. */
  readonly onEdit?: (name: string, end: { readonly ok: boolean }) => void;
}

/** k3d and docker through `run`. */
export function createK3dControl(options: K3dControlOptions): K3dControl {
  return new Control(options);
}

class Control implements K3dControl {
  readonly #options: K3dControlOptions;
  /** Looks under way, shared by the kinds that plan in one pass. */
  readonly #looks = new Map<
    string,
    { readonly signal: AbortSignal; readonly look: Promise<K3dResult<K3dObservation>> }
  >();

  /** The version, once it is one that can do everything: asked again after a k3d command failed, so that a k3d that went is noticed. */
  #known: K3dVersion | null = null;
  readonly #upstreams = new Map<
    string,
    { readonly state: string; readonly upstreams: Readonly<Record<string, readonly string[]>> }
  >();

  constructor(options: K3dControlOptions) {
    this.#options = options;
  }

  observe(names: readonly string[], signal: AbortSignal): Promise<K3dResult<K3dObservation>> {
    const key = [...names].sort().join(" ");
    const running = this.#looks.get(key);
    if (running !== undefined && running.signal === signal) return running.look;
    const look = this.#observe(names, signal).finally(() => {
      if (this.#looks.get(key)?.look === look) this.#looks.delete(key);
    });
    this.#looks.set(key, { signal, look });
    return look;
  }

  async #observe(names: readonly string[], signal: AbortSignal): Promise<K3dResult<K3dObservation>> {
    const [containers, version] = await Promise.all([this.#clusters({ signal }), this.#version(signal)]);
    if (!containers.ok) return containers;
    const { version: found, trouble } = version;
    const clusters = trouble !== null ? containers.value : await Promise.all(
      containers.value.map((facts) => names.includes(facts.name) ? this.#withUpstreams(facts, signal) : facts),
    );
    return { ok: true, value: { clusters, version: found, trouble } };
  }

  async inspect(name: string, signal: AbortSignal): Promise<K3dResult<K3dClusterFacts | null>> {
    const clusters = await this.#clusters({ signal, only: name });
    if (!clusters.ok) return clusters;
    const facts = clusters.value.find((one) => one.name === name);
    return { ok: true, value: facts === undefined ? null : await this.#withUpstreams(facts, signal) };
  }

  create(request: Parameters<K3dControl["create"]>[0], call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.createArgv(request), { ...call, timeout: START });
  }

  start(name: string, call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.startArgv(name), { ...call, timeout: START });
  }

  stop(name: string, call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.stopArgv(name), { ...call, timeout: SHORT });
  }

  delete(name: string, call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.deleteArgv(name), { ...call, timeout: SHORT });
  }

  async edit(name: string, edit: Parameters<K3dControl["edit"]>[1], call: K3dCall): Promise<K3dResult<void>> {
    const end = await this.#do(argvs.editArgv(name, edit), { ...call, timeout: EDIT });
    this.#options.onEdit?.(name, end);
    return end;
  }

  addAgent(request: Parameters<K3dControl["addAgent"]>[0], call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.addAgentArgv(request), { ...call, timeout: START });
  }

  renameContainer(
    { id, name }: { readonly id: string; readonly name: string },
    call: K3dCall,
  ): Promise<K3dResult<void>> {
    return this.#do(argvs.renameArgv(id, name), { ...call, timeout: SHORT });
  }

  removeContainer(id: string, call: K3dCall): Promise<K3dResult<void>> {
    return this.#do(argvs.removeArgv(id), { ...call, timeout: SHORT });
  }

  async publisher(
    { port, protocol }: Parameters<K3dControl["publisher"]>[0],
    signal: AbortSignal,
  ): Promise<string | null> {
    const result = await this.#exec(argvs.publisherArgv(port, protocol), { signal, timeout: LOOK });
    return result.code === 0 ? parseNames(result.stdout)[0] ?? null : null;
  }

  async kubeconfig(name: string, signal: AbortSignal): Promise<K3dResult<string>> {
    const argv = argvs.kubeconfigArgv(name);
    const result = await this.#exec(argv, { signal, timeout: LOOK });
    if (result.code !== 0) return { ok: false, failure: failureOf(argv, { ...result, stdout: "" }) };
    return { ok: true, value: result.stdout.split("\n").filter((line) => parseLogLine(line) === null).join("\n") };
  }

  async #version(
    signal: AbortSignal,
  ): Promise<{ readonly version: K3dVersion | null; readonly trouble: K3dFailure | null }> {
    if (this.#known !== null) return { version: this.#known, trouble: null };
    const argv = argvs.versionArgv();
    const result = await this.#exec(argv, { signal, timeout: LOOK });
    if (result.code !== 0) return { version: null, trouble: failureOf(argv, result) };
    const version = parseVersion(result.stdout);
    if (version !== null && isTooOld(version)) {
      return {
        version,
        trouble: { reason: "k3d-too-old", message: `k3d ${version.text} is too old: 5.0.0 or newer is needed` },
      };
    }
    if (version?.canDeletePorts) this.#known = version;
    return { version, trouble: null };
  }

  async #clusters(
    { signal, only }: { readonly signal: AbortSignal; readonly only?: string },
  ): Promise<K3dResult<readonly K3dClusterFacts[]>> {
    const [listed, processes] = await Promise.all([
      this.#containers({ signal, ...(only === undefined ? {} : { only }) }),
      this.#processes(signal),
    ]);
    if (!listed.ok) return listed;
    const byCluster = new Map<string, K3dNode[]>();
    for (const { cluster, node } of listed.value) {
      const nodes = byCluster.get(cluster);
      if (nodes === undefined) byCluster.set(cluster, [node]);
      else nodes.push(node);
    }
    const clusters = [...byCluster].map(([name, nodes]): K3dClusterFacts => ({
      name,
      nodes: nodes.sort((a, b) => a.name < b.name ? -1 : 1),
      upstreams: null,
      busy: processes.find((process) => process.cluster === name) ?? null,
    })).sort((a, b) => a.name < b.name ? -1 : 1);
    return { ok: true, value: clusters };
  }

  async #containers(
    { signal, only }: { readonly signal: AbortSignal; readonly only?: string },
  ): Promise<K3dResult<ReturnType<typeof parseInspect>>> {
    const list = argvs.containersArgv(only);
    const listed = await this.#exec(list, { signal, timeout: LOOK });
    if (listed.code !== 0) return { ok: false, failure: failureOf(list, listed) };
    const ids = parseIds(listed.stdout);
    if (ids.length === 0) return { ok: true, value: [] };
    const inspect = argvs.inspectArgv(ids);
    const inspected = await this.#exec(inspect, { signal, timeout: LOOK });
    const containers = parseInspect(inspected.stdout);
    // A container that went in between makes the command fail, and the others are there all the same.
    if (inspected.code !== 0 && containers.length === 0) {
      const failure = failureOf(inspect, { ...inspected, stdout: "" });
      if (failure.reason !== "not-found") return { ok: false, failure };
    }
    return { ok: true, value: containers };
  }

  async #processes(signal: AbortSignal): Promise<readonly K3dProcess[]> {
    const result = await this.#exec(argvs.processesArgv(), { signal, timeout: LOOK });
    return result.code === 0 ? parseProcesses(result.stdout) : [];
  }

  async #withUpstreams(facts: K3dClusterFacts, signal: AbortSignal): Promise<K3dClusterFacts> {
    const balancers = facts.nodes.filter((node) => node.role === "loadbalancer");
    if (balancers.length === 0) return facts;
    // Every edit makes a new container: what one of them leads to never changes, and asking k3d is slow.
    const state = balancers.map((node) => `${node.id} ${node.state}`).join(" ");
    const known = this.#upstreams.get(facts.name);
    if (known?.state === state) return { ...facts, upstreams: known.upstreams };
    const result = await this.#exec(argvs.listArgv(facts.name), { signal, timeout: LOOK });
    const upstreams = result.code === 0 ? parseUpstreams(result.stdout, facts.name) : null;
    if (upstreams !== null && facts.busy === null) this.#upstreams.set(facts.name, { state, upstreams });
    return { ...facts, upstreams };
  }

  async #do(argv: readonly string[], call: K3dCall & { readonly timeout: number }): Promise<K3dResult<void>> {
    const { onLine } = call;
    const result = await this.#exec(argv, {
      signal: call.signal,
      timeout: call.timeout,
      ...(onLine === undefined ? {} : {
        onLine: (line: string) => {
          const logged = parseLogLine(line);
          if (logged !== null && logged.level !== "debug") onLine(logged.message);
        },
      }),
    });
    // An agent that came may have changed what is led where, in the same container.
    this.#upstreams.clear();
    if (result.code === 0 && result.end === "exited") return { ok: true, value: undefined };
    this.#known = null;
    return { ok: false, failure: failureOf(argv, result) };
  }

  async #exec(argv: readonly string[], options: Parameters<Run>[1]): Promise<RunResult> {
    const { run, env, log } = this.#options;
    const result = await run(argv, env === undefined ? options : { ...options, env });
    log?.debug("A command ended", { command: argvs.showArgv(argv), code: result.code, end: result.end });
    return result;
  }
}
