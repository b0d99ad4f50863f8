import type { Clock, Log, Random } from "../model/world.ts";
import { Api } from "./api.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { Control, newToken } from "./control.ts";
import { Controller } from "./controller.ts";
import type { Faults } from "./faults.ts";
import { Kubelet, type PodTimes } from "./kubelet.ts";
import { NodePorts } from "./node_ports.ts";
import { basics, type Manifest, type Scenario, welcomeScenario } from "./scenario.ts";
import { isRecord } from "./selectors.ts";
import { TlsServer } from "./server.ts";
import { Store } from "./store.ts";

/** A simulated Kubernetes that runs in this process, on loopback alone. */
export interface Sandbox {
  /** YAML, complete in itself: address, trust and token. A secret. New after `control.rotateCredentials()`. */
  readonly kubeconfig: string;
  readonly server: URL;
  readonly control: Control;
  /** Ends all of it: resolves when no listener, connection or timer is left. */
  close(): Promise<void>;
}

/** How a sandbox is made. */
export interface SandboxOptions {
  readonly clock: Clock;
  /** For names and choices; credentials come from the system's generator. */
  readonly random: Random;
  readonly log: Log;
  /** What is in it. Absent: `welcomeScenario()`. */
  readonly scenario?: Scenario;
  /** Times of pods that are made later; those of the scenario are Ready at once. Absent: 300 ms until Ready, 100 ms to go. */
  readonly times?: Partial<PodTimes>;
  /** What the API says its version is. Absent: `v1.31.4`. */
  readonly version?: string;
}

/** Starts a sandbox. Resolves when its API answers and the pods of its scenario are Ready. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { clock, random, log, version = "v1.31.4", scenario = welcomeScenario() } = options;
  const stop = new AbortController();
  const store = new Store({ clock, random });
  const kubelet = new Kubelet({ store, clock, log, times: { readyDelay: 0, stopDelay: 0 } });
  const controller = new Controller(store);
  const nodePorts = new NodePorts({ store, kubelet, random, log });
  const faults: Faults = {
    token: newToken(),
    refuseCredentials: false,
    delay: 0,
    expireWatches: 0,
    refusedUpgrades: new Set(),
    forbidden: new Set(),
  };
  const api = new Api({ store, kubelet, nodePorts, clock, log, faults, version, stopped: stop.signal });
  const certificates = await makeCertificates(clock.now());
  const server = await TlsServer.start({ certificates, handler: (request, reply) => api.handle(request, reply) });
  const control = new Control({ store, controller, kubelet, nodePorts, api, server, faults });
  const url = new URL(`https://127.0.0.1:${server.port}`);
  const sandbox: Sandbox = {
    get kubeconfig() {
      return kubeconfigOf(url, { certificates, token: faults.token });
    },
    server: url,
    control,
    close: async () => {
      stop.abort(new Error("the sandbox is closed"));
      await server.close();
      await controller.close();
      await kubelet.close();
      await nodePorts.close();
    },
  };
  try {
    const manifests = [...basics(version), ...scenario.manifests];
    // Old enough that even a pod that comes at once is newer than any of these, in whole seconds.
    store.backdate(60_000 + manifests.length * 10_000);
    for (const manifest of manifests) await control.create(await withFreeNodePorts(manifest, nodePorts));
    await control.settled();
    store.backdate(0);
    kubelet.times = { readyDelay: 300, stopDelay: 100, ...options.times };
    return sandbox;
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

/** A scenario's NodePort that this machine has in use gives way to another one. */
async function withFreeNodePorts(manifest: Manifest, nodePorts: NodePorts): Promise<Manifest> {
  if (manifest.resource !== "services") return manifest;
  const { spec } = manifest.object;
  if (!isRecord(spec) || !Array.isArray(spec.ports)) return manifest;
  const ports: unknown[] = [];
  const wishes: readonly unknown[] = spec.ports;
  for (const wish of wishes) {
    const preferred = isRecord(wish) ? wish.nodePort : undefined;
    const given = isRecord(wish) && typeof preferred === "number";
    ports.push(given ? { ...wish, nodePort: await nodePorts.allot({ preferred }) } : wish);
  }
  return { ...manifest, object: { ...manifest.object, spec: { ...spec, ports } } };
}

function kubeconfigOf(server: URL, options: { readonly certificates: Certificates; readonly token: string }): string {
  // JSON is YAML: strings need no other quoting.
  const cluster = JSON.stringify({
    server: server.origin,
    "certificate-authority-data": btoa(options.certificates.ca),
  });
  return [
    "apiVersion: v1",
    "kind: Config",
    "current-context: sandbox",
    "clusters:",
    `- {name: sandbox, cluster: ${cluster}}`,
    "contexts:",
    "- {name: sandbox, context: {cluster: sandbox, user: sandbox, namespace: default}}",
    "users:",
    `- {name: sandbox, user: {token: ${JSON.stringify(options.token)}}}`,
    "",
  ].join("\n");
}
