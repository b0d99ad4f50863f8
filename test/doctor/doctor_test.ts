/** A good machine, and the same one with each fault: what doctor says of it. */
import assert from "node:assert/strict";
import { CHECK_TIMEOUT, examine } from "../../src/doctor/doctor.ts";
import type { Machine, Right } from "../../src/doctor/machine.ts";
import { rightsFor } from "../../src/doctor/clusters.ts";
import { parseWorkspace } from "../../src/config/parse.ts";
import { AccessError } from "../../src/model/cluster_access.ts";
import type { Finding } from "../../src/model/doctor.ts";
import type { RunResult } from "../../src/model/run.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import { doctorJson, doctorText } from "../../src/view/doctor_text.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { cli } from "../cli/fake_services.ts";
import { FakeClock } from "../fakes/clock.ts";
import { openGoldens } from "../view/golden.ts";

const goldens = openGoldens("doctor");
// The YAML library reads two variables.
const permissions = goldens.permissions === "none" ? { env: ["LOG_TOKENS", "LOG_STREAM"] } : goldens.permissions;
const theme = makeTheme({ color: false, ascii: false });
const never = new AbortController().signal;

function workspaceOf(text: string): Workspace {
  const { workspace, diagnostics } = parseWorkspace(text, { file: "forwards.yaml" });
  assert.ok(workspace !== null, JSON.stringify(diagnostics));
  return workspace;
}

const WORKSPACE = `version: 1
clusters:
  dev: { k3d: { name: shop } }
  staging: { context: staging }
  play: { sandbox: {} }
forwards:
  web: { cluster: dev, service: shop/web, port: 80, local: 3000 }
  db: { cluster: staging, pod: databases/postgres-0, port: 5432, local: 5432, onConflict: next-free }
  any: { cluster: play, service: default/web, port: 80 }
`;

const out = (stdout: string): RunResult => ({ code: 0, end: "exited", stdout, stderr: "" });
const bad = (stderr: string): RunResult => ({ code: 1, end: "exited", stdout: "", stderr });
const GONE: RunResult = { code: 127, end: "not-found", stdout: "", stderr: "command not found" };

const PROGRAMS: Readonly<Record<string, RunResult>> = {
  "docker version": out("28.2.2 28.2.2\n"),
  "docker exec": out("settings:\n  workerConnections: 1024\n  defaultProxyTimeout: 86400\n"),
  "k3d version": out("k3d version v5.9.0\nk3s version v1.31.4-k3s1 (default)\n"),
  "kubectl version": out('{"clientVersion": {"gitVersion": "v1.31.4"}}'),
};

/** A machine that lacks nothing. */
function machine(changes: Partial<Machine> = {}, programs: Readonly<Record<string, RunResult>> = {}): Machine {
  return {
    clock: new FakeClock(0),
    run: ([program, verb]) => Promise.resolve(programs[`${program} ${verb}`] ?? PROGRAMS[`${program} ${verb}`] ?? GONE),
    deno: "2.9.6",
    container: () => Promise.resolve(null),
    canListen: () => Promise.resolve(true),
    openFiles: () => Promise.resolve({ soft: 20_000, hard: Infinity }),
    holder: () => Promise.resolve(null),
    workspace: () =>
      Promise.resolve({ kind: "good", file: "forwards.yaml", warnings: 0, workspace: workspaceOf(WORKSPACE) }),
    daemon: () => Promise.resolve({ kind: "none" }),
    folders: () => Promise.resolve([{ path: "/home/ana/.local/state/berth", state: "private" }]),
    cluster: ({ name }) =>
      Promise.resolve({ server: `https://${name}:6443`, version: "v1.31.4", note: null, lacks: [] }),
    ...changes,
  };
}

function refuse(lacking: (right: Right) => boolean): Partial<Machine> {
  return {
    cluster: ({ name }, rights) =>
      Promise.resolve({ server: `https://${name}:6443`, version: null, note: null, lacks: rights.filter(lacking) }),
  };
}

const unreachable = (reason: "cluster-unreachable" | "kubeconfig-invalid" | "unauthorized", message: string) => ({
  cluster: () => Promise.reject(new AccessError(reason, message)),
});

const FAULTS: readonly (readonly [name: string, exit: 0 | 1, machine: Machine])[] = [
  ["an old Deno", 1, machine({ deno: "2.8.1" })],
  ["no docker", 1, machine({}, { "docker version": GONE })],
  [
    "no docker daemon",
    1,
    machine({}, {
      "docker version": bad(
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      ),
    }),
  ],
  [
    "docker is not allowed",
    1,
    machine({}, {
      "docker version": bad("permission denied while trying to connect to the Docker daemon socket"),
    }),
  ],
  ["no k3d", 1, machine({}, { "k3d version": GONE })],
  ["an old k3d", 0, machine({}, { "k3d version": out("k3d version v5.6.3\n") })],
  ["a k3d that says nothing", 1, machine({}, { "k3d version": out("") })],
  ["no kubectl", 0, machine({}, { "kubectl version": GONE })],
  ["the timeout of k3d's load balancer", 0, machine({}, { "docker exec": out("  defaultProxyTimeout: 600\n") })],
  ["in a container", 0, machine({ container: () => Promise.resolve("container") })],
  ["in a pod", 0, machine({ container: () => Promise.resolve("kubernetes") })],
  ["no IPv6", 0, machine({ canListen: (host) => Promise.resolve(host === "127.0.0.1") })],
  ["no loopback", 1, machine({ canListen: () => Promise.resolve(false) })],
  ["few open files", 0, machine({ openFiles: () => Promise.resolve({ soft: 256, hard: 4096 }) })],
  ["an open folder", 1, machine({ folders: () => Promise.resolve([{ path: "/run/berth", state: "open" }]) })],
  [
    "a folder of another",
    1,
    machine({ folders: () => Promise.resolve([{ path: "/run/berth", state: "not-writable" }]) }),
  ],
  ["a new folder", 0, machine({ folders: () => Promise.resolve([{ path: "/run/berth", state: "missing" }]) })],
  ["no file", 0, machine({ workspace: () => Promise.resolve({ kind: "none" }) })],
  [
    "no file and no tools",
    0,
    machine(
      { workspace: () => Promise.resolve({ kind: "none" }) },
      { "docker version": GONE, "k3d version": GONE, "kubectl version": GONE },
    ),
  ],
  [
    "a broken file",
    1,
    machine({
      workspace: () =>
        Promise.resolve({ kind: "broken", file: "forwards.yaml", errors: 3, problem: "Port 80800 is out of range" }),
    }),
  ],
  [
    "a file with a warning",
    0,
    machine({
      workspace: () =>
        Promise.resolve({ kind: "good", file: "forwards.yaml", warnings: 1, workspace: workspaceOf("version: 1\n") }),
    }),
  ],
  [
    "up runs",
    0,
    machine({
      daemon: () => Promise.resolve({ kind: "running", pid: 4711, forwards: 3, active: 3 }),
      holder: () => Promise.resolve("berth (PID 4711)"),
    }),
  ],
  [
    "up runs, and not all is active",
    0,
    machine({
      daemon: () => Promise.resolve({ kind: "running", pid: 4711, forwards: 3, active: 2 }),
    }),
  ],
  [
    "up cannot be asked",
    1,
    machine({
      daemon: () =>
        Promise.resolve({ kind: "unusable", message: "No permission to use the control socket /run/berth/x/sock" }),
    }),
  ],
  ["ports in use", 1, machine({ holder: (port) => Promise.resolve(`nginx (PID ${port})`) })],
  ["a cluster is away", 1, machine(unreachable("cluster-unreachable", "10.0.0.7:6443 does not answer"))],
  [
    "a kubeconfig is wrong",
    1,
    machine(unreachable("kubeconfig-invalid", "/home/ana/.kube/config has no context 'staging'")),
  ],
  [
    "credentials have run out",
    1,
    machine(unreachable("unauthorized", "the API server does not accept the credentials")),
  ],
  ["no right to forward", 1, machine(refuse(({ resource }) => resource === "pods/portforward"))],
  ["no right to list nodes", 0, machine(refuse(({ resource }) => resource === "nodes"))],
  [
    "rights are not said",
    0,
    machine({
      cluster: () => Promise.resolve({ server: "https://x:6443", version: null, note: null, lacks: null }),
    }),
  ],
  [
    "a kubeconfig of the host, in a container",
    0,
    machine({
      container: () => Promise.resolve("container"),
      cluster: () =>
        Promise.resolve({
          server: "https://k3d-shop-serverlb:6443",
          version: null,
          note: "127.0.0.1:6550 of the kubeconfig is this container itself: k3d-shop-serverlb:6443 answers",
          lacks: [],
        }),
    }),
  ],
  ["a check that fails", 0, machine({ folders: () => Promise.reject(new Error("the disk is on fire")) })],
];

const GOOD = await examineGood();

async function examineGood(): Promise<readonly Finding[]> {
  return await examine(machine(), never);
}

Deno.test({ name: "a good machine", permissions }, () => {
  goldens.check("good.txt", doctorText(GOOD, { theme, width: null }));
  goldens.check("good.json", `${JSON.stringify(doctorJson(GOOD), null, 2)}\n`);
  assert.deepEqual(GOOD.filter(({ level }) => level !== "ok"), []);
});

Deno.test({ name: "each fault is said, and with what to do", permissions }, async () => {
  const known = new Set(GOOD.map((finding) => JSON.stringify(finding)));
  const parts: string[] = [];
  for (const [name, exit, faulty] of FAULTS) {
    const findings = await examine(faulty, never);
    const other = findings.filter((finding) => !known.has(JSON.stringify(finding)));
    assert.ok(other.length > 0, name);
    assert.equal(findings.some(({ level }) => level === "broken"), exit === 1, name);
    parts.push(`# ${name}\n${doctorText(other, { theme, width: 100 })}`);
    const ran = await cli(["doctor"], (services) => services.findings = findings);
    assert.equal(ran.code, exit, name);
  }
  goldens.check("faults.txt", parts.join("\n"));
});

Deno.test({ name: "a check that hangs is a finding, and the others are not held up", permissions }, async () => {
  const clock = new FakeClock(0);
  const hanging = machine({ clock, folders: () => new Promise(() => {}) });
  const running = examine(hanging, never);
  await clock.advance(CHECK_TIMEOUT);
  const findings = await running;
  const other = findings.filter(({ check }) => check === "folder");
  assert.deepEqual(other, [{
    check: "folder",
    subject: "folder",
    level: "warn",
    message: "not known: no answer within 15 s",
  }]);
  assert.equal(findings.length, GOOD.length);
});

Deno.test({ name: "an interrupt ends it", permissions }, async () => {
  const abort = new AbortController();
  abort.abort(new DOMException("enough", "AbortError"));
  await assert.rejects(examine(machine(), abort.signal), { name: "AbortError" });
});

Deno.test({ name: "rights are asked for where the forwards lead", permissions }, () => {
  const workspace = workspaceOf(WORKSPACE);
  const staging = workspace.clusters.get("staging");
  assert.ok(staging !== undefined);
  assert.deepEqual(
    rightsFor(staging, workspace).map(({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`),
    [
      "create pods/portforward databases",
      "list pods databases",
      "watch pods databases",
      "list services databases",
      "watch services databases",
      "list endpointslices.discovery.k8s.io databases",
      "watch endpointslices.discovery.k8s.io databases",
      "list nodes null",
    ],
  );
});

Deno.test({ name: "JSON on the command line", permissions }, async () => {
  const { code, out } = await cli(["doctor", "-o", "json"], (services) => services.findings = GOOD);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), doctorJson(GOOD));
});

Deno.test("this machine", async () => {
  const place = await Deno.makeTempDir({ prefix: "berth-doctor-" });
  try {
    await Deno.writeTextFile(`${place}/forwards.yaml`, "version: 1\nclusters: { play: { sandbox: {} } }\n");
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "doctor", "-f", `${place}/forwards.yaml`, "-o", "json"],
      cwd: new URL("../..", import.meta.url).pathname,
      env: { XDG_STATE_HOME: `${place}/state`, XDG_RUNTIME_DIR: `${place}/run` },
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    const { findings } = JSON.parse(new TextDecoder().decode(stdout)) as { findings: readonly Finding[] };
    const of = (check: string) => findings.filter((finding) => finding.check === check).map(({ level }) => level);
    // Only what holds on every machine that the tests run on.
    assert.deepEqual([of("deno"), of("folder"), of("workspace"), of("daemon"), of("cluster")], [
      ["ok"],
      ["ok", "ok"],
      ["ok"],
      ["ok"],
      ["ok"],
    ]);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
});
