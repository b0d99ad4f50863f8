/** k3d 5.9 and docker in memory, behind the command line: what they do and where they slip was observed on the real ones. */
import type { Run, RunResult } from "../../src/model/run.ts";
import {
  bindingsClash,
  bindingsOf,
  type NodeFilter,
  parsePortSpec,
  type PortBinding,
} from "../../src/model/k3d_ports.ts";
import { port } from "../../src/model/port.ts";

/** A container as the fake docker has it. */
export interface FakeContainer {
  id: string;
  name: string;
  cluster: string;
  role: "server" | "agent" | "loadbalancer" | "noRole";
  state: "created" | "running" | "exited" | "paused";
  image: string;
  labels: Record<string, string>;
  bindings: PortBinding[];
  /** What a load balancer's configuration says; null: it was never started. */
  upstreams: Record<string, string[]> | null;
}

const TOKEN = "TOKENTOKENTOKEN12345";
const ok = (stdout = ""): RunResult => ({ code: 0, end: "exited", stdout, stderr: "" });
const fatal = (text: string): RunResult => ({
  code: 1,
  end: "exited",
  stdout: "",
  stderr: `\u001b[31mFATA\u001b[0m[0001] ${text} \n`,
});
const info = (text: string) => `\u001b[36mINFO\u001b[0m[0000] ${text} \n`;

/** Ends a k3d command at a step, as a kill does. */
class Killed extends Error {}

/** k3d and docker in memory: what they print, how they fail, and what a kill in the middle leaves. */
export class FakeK3d {
  readonly containers: FakeContainer[] = [];
  /** Ports of this machine that other programs hold. */
  readonly foreign = new Map<number, string>();
  /** Every command that changes something, as one line. */
  readonly writes: string[] = [];
  /** Lines of other k3d commands that run. */
  processes: string[] = [];
  version = "5.9.0";
  installed = true;
  dockerRuns = true;
  hasNodeCreate = true;
  /** A k3d command is killed when it has made this many steps; null: none. */
  killAfter: number | null = null;
  /** Called before each command, to change the world between plan and apply. */
  before: (argv: readonly string[]) => void = () => {};
  #steps = 0;
  #ids = 0;

  readonly run: Run = (argv, { signal, onLine }) => {
    signal.throwIfAborted();
    this.before(argv);
    const result = this.#run(argv);
    for (const line of result.stdout.split("\n")) if (line !== "") onLine?.(line);
    return Promise.resolve(result);
  };

  cluster(name: string): FakeContainer[] {
    return this.containers.filter((one) => one.cluster === name);
  }

  balancer(name: string): FakeContainer | undefined {
    return this.cluster(name).find((one) => one.name === `k3d-${name}-serverlb`);
  }

  /** What answers on this machine: published, running, and something behind it. */
  answers(name: string): string[] {
    return this.cluster(name).filter((one) => one.state === "running").flatMap((one) =>
      one.bindings.filter((binding) =>
        one.role !== "loadbalancer" || (one.upstreams?.[upstreamKey(binding)] ?? []).length > 0
      )
        .map((binding) => `${binding.hostIp}:${binding.hostPort}:${binding.containerPort}/${binding.protocol}`)
    ).sort();
  }

  #run(argv: readonly string[]): RunResult {
    const [program, ...args] = argv;
    if (program === "ps") return ok(`    1 /sbin/init\n   42 grep k3d cluster\n${this.processes.join("\n")}\n`);
    if (program === "k3d" && !this.installed) {
      return { code: 127, end: "not-found", stdout: "", stderr: "k3d: command not found" };
    }
    if (program === "k3d" && args[0] === "version") return ok(`{"k3d":"v${this.version}","k3s":"v1.35.5-k3s1"}\n`);
    if (!this.dockerRuns) {
      const text = "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
      return { code: 1, end: "exited", stdout: "", stderr: `${text}\n` };
    }
    if (program === "docker") return this.#docker(args);
    if (program !== "k3d") throw new Error(`unexpected command: ${argv.join(" ")}`);
    const command = `${args[0]} ${args[1]}`;
    const name = args[2] ?? "k3s-default";
    if (command === "cluster list") return this.#list(name);
    if (!args.includes("-o")) this.writes.push(argv.join(" "));
    this.#steps = 0;
    try {
      switch (command) {
        case "cluster create":
          return this.#create(name, args.slice(3));
        case "cluster start":
          return this.#start(name);
        case "cluster stop":
          for (const one of this.cluster(name)) one.state = "exited";
          return ok();
        case "cluster delete":
          for (const one of this.cluster(name)) this.#remove(one);
          return ok(info(`Successfully deleted cluster ${name}!`));
        case "cluster edit":
          return this.#edit(name, args.slice(3));
        case "node create":
          return this.#nodeCreate(args.slice(2));
        default:
          return ok("Usage: …\n");
      }
    } catch (error) {
      if (error instanceof Killed) return { code: 137, end: "exited", stdout: "", stderr: "" };
      throw error;
    }
  }

  #docker(args: readonly string[]): RunResult {
    const [command] = args;
    if (command === "ps") {
      const publish = args.find((word) => word.startsWith("publish="));
      if (publish !== undefined) {
        const [number] = publish.slice("publish=".length).split("/");
        const found = this.containers.filter((one) =>
          one.state === "running" && one.bindings.some((binding) => binding.hostPort === number)
        );
        return ok(found.map((one) => JSON.stringify({ Names: one.name })).join("\n"));
      }
      const only = args.find((word) => word.startsWith("label=k3d.cluster="))?.slice("label=k3d.cluster=".length);
      return ok(
        this.containers.filter((one) => only === undefined || one.cluster === only).map((one) => `${one.id}\n`).join(
          "",
        ),
      );
    }
    if (command === "inspect") {
      const found = args.slice(3).flatMap((id) => this.containers.find((one) => one.id === id) ?? []);
      return ok(JSON.stringify(found.map(inspected)));
    }
    this.writes.push(`docker ${args.join(" ")}`);
    const target = this.containers.find((one) => one.id === args.filter((word) => !word.startsWith("-"))[1]);
    if (target === undefined) return { code: 1, end: "exited", stdout: "", stderr: "Error: No such container: x\n" };
    if (command === "rename") {
      if (this.containers.some((one) => one.name === args[2])) {
        return {
          code: 1,
          end: "exited",
          stdout: "",
          stderr: "Error: Conflict. The container name is already in use\n",
        };
      }
      target.name = args[2] ?? "";
    } else if (command === "rm") this.#remove(target);
    else throw new Error(`unexpected: docker ${args.join(" ")}`);
    return ok();
  }

  #list(name: string): RunResult {
    const nodes = this.cluster(name);
    if (nodes.length === 0) return fatal("No nodes found for given cluster");
    const balancer = nodes.filter((one) => one.role === "loadbalancer").at(-1);
    const ports = balancer === undefined || balancer.upstreams === null
      ? null
      : Object.fromEntries(Object.entries(balancer.upstreams).map(([key, value]) => [key.replace("/", "."), value]));
    return ok(
      info("a line of the log") +
        JSON.stringify([{
          name,
          nodes: [{ env: [`K3S_TOKEN=${TOKEN}`] }],
          ...(ports === null ? {} : { serverLoadBalancer: { config: { ports } } }),
        }]),
    );
  }

  #create(name: string, args: readonly string[]): RunResult {
    if (this.cluster(name).length > 0) {
      return fatal(`Failed to create cluster '${name}' because a cluster with that name already exists`);
    }
    const flags = (flag: string) => args.flatMap((word, at) => args[at - 1] === flag ? [word] : []);
    const labels: Record<string, string> = {};
    for (const label of flags("--runtime-label")) {
      const text = label.replace(/@server:\*$/, "");
      labels[text.slice(0, text.indexOf("="))] = text.slice(text.indexOf("=") + 1).replaceAll("\\@", "@");
    }
    const [apiHost, apiPort] = (flags("--api-port")[0] ?? `0.0.0.0:${46000 + this.#ids}`).split(":");
    const api = {
      "k3d.server.api.host": apiHost ?? "",
      "k3d.server.api.hostIP": apiHost ?? "",
      "k3d.server.api.port": apiPort ?? "",
    };
    const image = flags("--image")[0] ?? "docker.io/rancher/k3s:v1.35.5-k3s1";
    const made: FakeContainer[] = [];
    const make = (suffix: string, role: FakeContainer["role"], more: Record<string, string>) => {
      this.#step();
      const one = this.#container({ name: `k3d-${name}-${suffix}`, cluster: name, role, image, labels: more });
      made.push(one);
    };
    const tools = () =>
      this.#container({ name: `k3d-${name}-tools`, cluster: name, role: "noRole", image: "tools", labels: {} });
    const helper = tools();
    helper.state = "running";
    for (let at = 0; at < Number(flags("--servers")[0] ?? 1); at++) {
      make(`server-${at}`, "server", { ...labels, ...api });
    }
    for (let at = 0; at < Number(flags("--agents")[0] ?? 0); at++) make(`agent-${at}`, "agent", {});
    make("serverlb", "loadbalancer", {});
    const balancer = made.at(-1);
    if (balancer === undefined) throw new Error("no load balancer");
    const upstreams: Record<string, string[]> = { "6443/tcp": [`k3d-${name}-server-0`] };
    balancer.bindings.push({
      hostIp: apiHost ?? "",
      hostPort: apiPort ?? "",
      containerPort: port(6443),
      protocol: "tcp",
    });
    for (const text of flags("--port")) {
      const parsed = parsePortSpec(text);
      if (!parsed.ok) return fatal(parsed.problem);
      for (const filter of parsed.spec.filters.length === 0 ? [ALL] : parsed.spec.filters) {
        for (const binding of bindingsOf(parsed.spec)) {
          if (filter.suffix === "direct") { for (const node of this.#pick(filter, made)) node.bindings.push(binding); }
          else addBinding(balancer, { binding, upstreams, nodes: this.#pick(filter, made).map((one) => one.name) });
        }
      }
    }
    for (const one of made) {
      this.#step();
      if (one.role === "loadbalancer") one.upstreams = upstreams;
      const problem = this.#startContainer(one);
      if (problem !== null) {
        for (const each of this.cluster(name)) this.#remove(each);
        return {
          code: 1,
          end: "exited",
          stdout: "",
          stderr: `\u001b[31mERRO\u001b[0m[0001] Failed Cluster Start: ${problem} \n` +
            "\u001b[31mFATA\u001b[0m[0002] Cluster creation FAILED, all changes have been rolled back! \n",
        };
      }
    }
    this.#step();
    this.#remove(helper);
    return ok(info(`Cluster '${name}' created successfully!`));
  }

  #start(name: string): RunResult {
    const nodes = this.cluster(name);
    if (nodes.length === 0) return fatal("No nodes found for given cluster");
    if (nodes.some((one) => one.role === "noRole")) {
      return fatal(`Conflict. The container name "/k3d-${name}-tools" is already in use`);
    }
    for (const role of ["server", "agent", "loadbalancer"]) {
      for (const one of nodes.filter((each) => each.role === role && each.state !== "running")) {
        this.#step();
        const problem = this.#startContainer(one);
        if (problem !== null) return fatal(problem);
      }
    }
    return ok();
  }

  #edit(name: string, args: readonly string[]): RunResult {
    const nodes = this.cluster(name);
    if (nodes.length === 0) return fatal("No nodes found for given cluster");
    const values = (flag: string) => args.flatMap((word, at) => args[at - 1] === flag ? [word] : []);
    const [add, remove] = [values("--port-add"), values("--port-delete")];
    if (remove.length > 0 && this.version < "5.9.0") {
      return { code: 1, end: "exited", stdout: "", stderr: `time="x" level=fatal msg="unknown flag: --port-delete"\n` };
    }
    if (add.length > 0 && remove.length > 0) return fatal("Cannot combine port addition and deletion");
    // With a left-over one, k3d takes whichever Docker lists last for the load balancer.
    const old = nodes.filter((one) => one.role === "loadbalancer").at(-1);
    if (old === undefined || old.upstreams === null) {
      return { code: 2, end: "exited", stdout: "", stderr: "panic: runtime error\n" };
    }
    if (old.name !== `k3d-${name}-serverlb`) {
      return fatal(`Conflict. The container name "/k3d-${name}-serverlb" is already in use`);
    }
    const next = { bindings: old.bindings.map((one) => ({ ...one })), upstreams: structuredClone(old.upstreams) };
    for (const text of [...add, ...remove]) {
      const parsed = parsePortSpec(text);
      if (!parsed.ok) return fatal(parsed.problem);
      if (parsed.spec.filters.length === 0) return fatal("No nodefilters specified");
      if (parsed.spec.filters.some((one) => one.suffix !== undefined)) return fatal("unallowed suffix");
      const names = parsed.spec.filters.flatMap((filter) => this.#pick(filter, nodes).map((one) => one.name));
      for (const binding of bindingsOf(parsed.spec)) {
        if (add.length > 0) addBinding(next, { binding, upstreams: next.upstreams, nodes: names });
        else {
          next.bindings = next.bindings.filter((one) => !sameBinding(one, binding));
          const left = (next.upstreams[upstreamKey(binding)] ?? []).filter((one) => !names.includes(one));
          if (left.length === 0) delete next.upstreams[upstreamKey(binding)];
          else next.upstreams[upstreamKey(binding)] = left;
        }
      }
    }
    const wasRunning = old.state === "running";
    old.name = `${old.name}-AbCdE`;
    this.#step();
    const fresh = this.#container({
      name: `k3d-${name}-serverlb`,
      cluster: name,
      role: "loadbalancer",
      image: "sha256:1",
      labels: {},
    });
    fresh.bindings = next.bindings;
    this.#step();
    old.state = "exited";
    this.#step();
    fresh.upstreams = next.upstreams;
    const problem = this.#startContainer(fresh);
    if (problem !== null) {
      this.#remove(fresh);
      old.name = `k3d-${name}-serverlb`;
      if (!wasRunning) this.#startContainer(old);
      return fatal(
        `Failed to update the cluster: error replacing loadbalancer node: Failed to start new node. Rolled back: ${problem}`,
      );
    }
    this.#step();
    this.#remove(old);
    return ok(info(`Successfully updated ${name}`));
  }

  #nodeCreate(args: readonly string[]): RunResult {
    if (!this.hasNodeCreate) return ok("Usage:\n  k3d node [command]\n");
    const cluster = args[args.indexOf("--cluster") + 1] ?? "";
    const one = this.#container({ name: `k3d-${args[0]}-0`, cluster, role: "agent", image: "x", labels: {} });
    one.state = "running";
    return ok();
  }

  #container(of: Pick<FakeContainer, "name" | "cluster" | "role" | "image" | "labels">): FakeContainer {
    const id = (++this.#ids).toString(16).padStart(12, "0").padEnd(64, "a");
    const one: FakeContainer = { ...of, labels: { ...of.labels }, id, state: "created", bindings: [], upstreams: null };
    this.containers.push(one);
    return one;
  }

  #startContainer(one: FakeContainer): string | null {
    for (const [at, binding] of one.bindings.entries()) {
      const held = this.foreign.has(Number(binding.hostPort));
      const doubled = one.bindings.some((other, index) => index < at && bindingsClash(other, binding));
      if (held || doubled) {
        return `driver failed programming external connectivity: Error starting userland proxy: listen tcp4 ` +
          `${binding.hostIp || "0.0.0.0"}:${binding.hostPort}: bind: address already in use`;
      }
      const other = this.containers.find((each) =>
        each !== one && each.state === "running" && each.bindings.some((theirs) => bindingsClash(theirs, binding))
      );
      if (other !== undefined) {
        return `Bind for ${binding.hostIp || "0.0.0.0"}:${binding.hostPort} failed: port is already allocated`;
      }
    }
    one.state = "running";
    return null;
  }

  #remove(one: FakeContainer): void {
    const at = this.containers.indexOf(one);
    if (at >= 0) this.containers.splice(at, 1);
  }

  #pick(filter: NodeFilter, nodes: readonly FakeContainer[]): FakeContainer[] {
    const [servers, agents] = [
      nodes.filter((one) => one.role === "server"),
      nodes.filter((one) => one.role === "agent"),
    ];
    if (filter.group === "loadbalancer" || filter.group === "all") return [...servers, ...agents];
    const pool = filter.group === "server" ? servers : agents;
    return filter.nodes === "*" ? pool : filter.nodes.flatMap((index) => pool[index] ?? []);
  }

  #step(): void {
    if (this.killAfter !== null && ++this.#steps > this.killAfter) throw new Killed();
  }
}

const ALL: NodeFilter = { group: "loadbalancer", nodes: "*" };

function upstreamKey(binding: PortBinding): string {
  return `${binding.containerPort}/${binding.protocol}`;
}

function sameBinding(a: PortBinding, b: PortBinding): boolean {
  return a.hostIp === b.hostIp && a.hostPort === b.hostPort && upstreamKey(a) === upstreamKey(b);
}

function addBinding(
  to: { bindings: PortBinding[] },
  { binding, upstreams, nodes }: {
    binding: PortBinding;
    upstreams: Record<string, string[]>;
    nodes: readonly string[];
  },
): void {
  to.bindings.push(binding);
  const key = upstreamKey(binding);
  upstreams[key] = [...new Set([...upstreams[key] ?? [], ...nodes])];
}

function inspected(one: FakeContainer): unknown {
  const map = (of: readonly PortBinding[], random: boolean) => {
    const ports: Record<string, { HostIp: string; HostPort: string }[]> = {};
    for (const [at, binding] of of.entries()) {
      // The API's key has no protocol, as k3d writes it.
      const key = binding.containerPort === 6443 && !random ? "6443" : `${binding.containerPort}/${binding.protocol}`;
      const HostPort = random && binding.hostPort === "" ? String(50000 + at) : binding.hostPort;
      const HostIp = random && binding.hostIp === "" ? "0.0.0.0" : binding.hostIp;
      (ports[key] ??= []).push({ HostIp, HostPort });
    }
    return ports;
  };
  return {
    Id: one.id,
    Name: `/${one.name}`,
    State: { Status: one.state, Running: one.state === "running" },
    Config: {
      Image: one.image,
      Env: [`K3S_TOKEN=${TOKEN}`],
      Cmd: ["server", `--token=${TOKEN}`],
      Labels: {
        app: "k3d",
        "k3d.cluster": one.cluster,
        "k3d.role": one.role,
        "k3d.cluster.token": TOKEN,
        "k3d.cluster.network": `k3d-${one.cluster}`,
        ...one.labels,
      },
    },
    HostConfig: { PortBindings: map(one.bindings, false) },
    NetworkSettings: {
      Ports: one.state === "running" ? map(one.bindings, true) : {},
      Networks: { [`k3d-${one.cluster}`]: { IPAddress: "172.18.0.2" } },
    },
  };
}

/** The token that the fake leaves wherever k3d leaves it. */
export const FAKE_TOKEN = TOKEN;
