/** Published ports of a k3d cluster change under a running `up`, and nothing else does. */
import assert from "node:assert/strict";
import {
  answer,
  apply,
  bar,
  berth,
  box,
  context,
  deployment,
  folder,
  here,
  kubeconfig,
  kubectl,
  run,
  save,
  say,
  service,
  sleep,
  until,
  Up,
} from "./harness.ts";
import { docker, DockerEvents, download, Visitor } from "./onlookers.ts";

const NAME = "berth-e2e-edit";
const BALANCER = `k3d-${NAME}-serverlb`;
const FOREIGN = "berth-e2e-foreign";
const OTHER_NS = "e2e-edits";
const image = Deno.env.get("RIG_NODE_IMAGE");
const DIRECT = 21701;
const TUNNEL = 21702;
const OTHER = 21703;
/** Led by the load balancer to a NodePort that a pod is behind. It stays published all the time. */
const KEPT = "21711:30711@loadbalancer";
const START = [KEPT, "21712:30712@loadbalancer", "21713:30713@loadbalancer"];
const NEXT = [
  KEPT,
  "21714:30714@loadbalancer",
  "127.0.0.1:21715:30715@loadbalancer",
  "21716:30716/udp@loadbalancer",
];

interface Shape {
  readonly ports: readonly string[];
  readonly edits?: "ask" | "auto" | "never";
}

function yaml({ ports, edits = "ask" }: Shape): string {
  return `version: 1
clusters:
  edit:
    k3d:
      name: ${NAME}
${image === undefined ? "" : `      image: ${image}\n`}      k3sArgs: ["--disable=coredns@server:*"]
      ports: ${JSON.stringify(ports)}
      edits: ${edits}
      kubeconfig: { update: false }
  other: { kubeconfig: ${kubeconfig}, context: ${context} }
forwards:
  direct: { cluster: edit, service: shop/np, port: 80, local: ${DIRECT}, route: direct }
  tunnel: { cluster: edit, service: shop/np, port: 80, local: ${TUNNEL}, route: tunnel }
  exposed: { cluster: edit, service: shop/plain, port: 80, local: 21704, expose: nodePort }
  other: { cluster: other, service: ${OTHER_NS}/a, port: 80, local: ${OTHER} }
`;
}

interface Happened {
  readonly time: string;
  readonly type: string;
  readonly key: string | null;
  readonly status: string | null;
  readonly message: string;
}

function events(up: Up): Happened[] {
  return up.lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Happened);
}

interface Planned {
  readonly actions: readonly {
    readonly op: string;
    readonly key: string;
    readonly reason: string;
    readonly disruption: string | null;
    readonly gate: string;
  }[];
}

async function plan(file: string): Promise<Planned["actions"]> {
  const ran = await berth("plan", "-f", file, "-o", "json");
  assert.ok(ran.stdout.startsWith("{"), ran.stderr);
  return (JSON.parse(ran.stdout) as Planned).actions;
}

/** Waits until nothing is left to do; says what is, where that takes too long. */
async function nothingToDo(file: string, up: Up): Promise<void> {
  let last: Planned["actions"] = [];
  await until(async () => (last = await plan(file)).length === 0, {
    limit: 90_000,
    what: () => `a plan with nothing in it, but ${JSON.stringify(last)}; up said:\n${up.lines.join("\n")}`,
  });
}

/** The host side of what the load balancer publishes, but for the API. */
async function published(): Promise<string[]> {
  const ports = JSON.parse(await docker("inspect", "--format", "{{json .NetworkSettings.Ports}}", BALANCER)) as Record<
    string,
    { HostIp: string; HostPort: string }[] | null
  >;
  const of = Object.entries(ports).flatMap(([inside, outside]) =>
    (outside ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort}:${inside}`)
  );
  return [...new Set(of.filter((one) => !one.includes(":6443")).map((one) => one.replace(/^(0\.0\.0\.0|::):/, "*:")))]
    .sort();
}

/** All containers that are not the load balancer of our cluster and not those that other tests make: which, since when, with which ports. */
async function foreignContainers(): Promise<unknown> {
  const names = [`${context}-server-0`, `${context}-serverlb`, FOREIGN, `k3d-${NAME}-server-0`];
  const there = [];
  for (const name of names) {
    const ran = await run("docker", [
      "inspect",
      "--format",
      "{{.Id}} {{.Created}} {{.State.StartedAt}} {{.State.Status}} {{.RestartCount}} {{json .HostConfig.PortBindings}} {{json .Config.Labels}}",
      name,
    ]);
    if (ran.code === 0) there.push(`${name} ${ran.stdout.trim()}`);
  }
  assert.ok(there.length >= 2, there.join("\n"));
  return there;
}

interface Item {
  readonly kind: string;
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}

/** Services and namespaces of our cluster that berth does not mark as its own. */
async function foreignObjects(): Promise<string[]> {
  const { items } = JSON.parse(await own(["get", "svc,ns", "-A", "-o", "json"])) as { readonly items: readonly Item[] };
  return items.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] !== "berth")
    .map(({ kind, metadata: { namespace, name, uid, resourceVersion } }) =>
      `${kind} ${namespace ?? ""}/${name} ${uid} ${resourceVersion}`
    ).sort();
}

let ownKubeconfig = "";

/** kubectl on the cluster that berth made. */
async function own(args: readonly string[], input?: string): Promise<string> {
  const ran = await run(
    "kubectl",
    ["--kubeconfig", ownKubeconfig, ...args],
    input === undefined ? {} : { input },
  );
  assert.equal(ran.code, 0, `kubectl ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout;
}

function namespace(name: string): unknown {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

async function workload(): Promise<void> {
  const items = [
    namespace("shop"),
    namespace("foreign"),
    deployment("shop", "box", 1),
    service("shop", "np", { selector: { app: "box" }, type: "NodePort", ports: [{ port: 80, nodePort: 30711 }] }),
    service("shop", "plain", { selector: { app: "box" }, ports: [{ port: 80 }] }),
    service("foreign", "np", { type: "NodePort", ports: [{ port: 80, nodePort: 30712 }] }),
    service("foreign", "lb", { type: "LoadBalancer", ports: [{ port: 81 }] }),
    {
      // As if another workspace had made it.
      apiVersion: "v1",
      kind: "Service",
      metadata: { namespace: "foreign", name: "near", labels: { "berth.dev/workspace": "another" } },
      spec: { selector: { app: "near" }, type: "NodePort", ports: [{ port: 80 }] },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace: "foreign", name: "box" },
      spec: { containers: [box("f")] },
    },
  ];
  await own(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  await own(["-n", "shop", "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
}

const running = async () =>
  (await docker("ps", "--filter", `label=k3d.cluster=${NAME}`, "--format", "{{.Names}}")).split("\n").sort();

async function standIn(version: string): Promise<boolean> {
  Deno.env.set("K3D_STANDIN_VERSION", version);
  try {
    return (await run("k3d", ["version"])).stdout.includes(version);
  } finally {
    Deno.env.delete("K3D_STANDIN_VERSION");
  }
}

Deno.test({ name: "published ports change under a running up, and nothing else does", ignore: !here }, async (t) => {
  await run("k3d", ["cluster", "delete", NAME]);
  await run("docker", ["rm", "-f", FOREIGN]);
  const home = await folder();
  const file = `${home}/forwards.yaml`;
  ownKubeconfig = `${home}/own.kubeconfig`;
  await save(file, yaml({ ports: START }));
  await apply(OTHER_NS, [
    deployment(OTHER_NS, "a", 1),
    service(OTHER_NS, "a", { type: "NodePort", ports: [{ port: 80 }] }),
  ]);
  await kubectl(["-n", OTHER_NS, "wait", "--for=condition=Ready", "pods", "--all", "--timeout=90s"]);
  const server = `k3d-${NAME}-server-0`;
  const used = image === undefined ? [] : [image.replace("/node:", "/tools:")];
  // A container that looks like k3d's and is not ours, where the rig has an image for it.
  for (const tools of used) {
    const labels = ["app=k3d", `k3d.cluster=${FOREIGN}`, "k3d.role=server", "berth.workspace=another"];
    await docker(
      ...["run", "-d", "--name", FOREIGN, "--entrypoint", "sleep", "-p", "127.0.0.1:21790:80"],
      ...labels.flatMap((label) => ["--label", label]),
      ...[tools, "600"],
    );
  }
  await using docked = new DockerEvents(NAME);
  let containers: unknown;
  let objects: string[] = [];
  try {
    {
      await using up = new Up(file, ["--allow-restart", "-o", "json"]);
      await t.step("from nothing: the cluster is made, and its forwards come alive", async () => {
        const began = performance.now();
        const other = answer(OTHER, 15_000).then(() => performance.now() - began);
        await until(
          async () => {
            const ran = await run("k3d", ["kubeconfig", "get", NAME]);
            if (ran.code !== 0 || !ran.stdout.includes("apiVersion")) return false;
            await Deno.writeTextFile(ownKubeconfig, ran.stdout);
            return (await run("kubectl", ["--kubeconfig", ownKubeconfig, "get", "ns", "default"])).code === 0;
          },
          { limit: 180_000, every: 300, what: () => `a cluster; up said:\n${up.lines.join("\n")}` },
        );
        const made = performance.now() - began;
        await workload();
        await up.active();
        await answer(21711);
        say(
          `k3d edits: cluster after ${(made / 1000).toFixed(1)} s, all Active after ${
            ((performance.now() - began) / 1000).toFixed(1)
          } s; the forward of the other cluster after ${((await other) / 1000).toFixed(1)} s`,
        );
        assert.equal(docked.edits(0), 1, "only the one that the creation made");
        containers = await foreignContainers();
        objects = await foreignObjects();
        // The Service that it stands beside came after the cluster: it is tried again until it can be made.
        await nothingToDo(file, up);
      });

      await t.step("three added, two removed in one save: two edits, no refusal, Active within 5 s", async () => {
        const long = download(OTHER);
        const through = new Visitor(21711);
        const visitors = { direct: new Visitor(DIRECT), tunnel: new Visitor(TUNNEL), other: new Visitor(OTHER) };
        const [since, eventsBefore] = [docked.seen.length, events(up).length];
        const began = performance.now();
        await save(file, yaml({ ports: NEXT }));
        await until(() => Promise.resolve(docked.edits(since) === 2), {
          limit: 120_000,
          what: () => `two edits; up said:\n${up.lines.join("\n")}`,
        });
        await nothingToDo(file, up);
        const settledAfter = performance.now() - began;
        await up.active();
        await sleep(1_000);
        const counts = {
          direct: await visitors.direct.end(),
          tunnel: await visitors.tunnel.end(),
          other: await visitors.other.end(),
        };
        await through.end();
        const { bytes, cut } = await long.end();
        const started = docked.returned();
        const back = through.firstAnswer(started);
        const trace = [
          ...docked.seen.slice(since).map(({ action, name, at }) => ({ at, what: `docker ${action} ${name}` })),
          ...events(up).slice(eventsBefore).map((one) => ({
            at: Date.parse(one.time),
            what: `${one.type} ${one.key} ${one.status} ${one.message}`,
          })),
        ].sort((a, b) => a.at - b.at).map(({ at, what }) => `${(at - started).toFixed(0)} ms ${what}`).join("\n");
        const told = events(up).slice(eventsBefore).filter(({ type }) => type === "status");
        const after = ["direct", "tunnel", "exposed"].map((name) => {
          const of = told.filter(({ key }) => key === `forward:${name}`);
          const last = of.at(-1);
          return { name, last: last?.status ?? "Active", ms: last === undefined ? 0 : Date.parse(last.time) - back };
        });
        say(
          `k3d edits: 3 added, 2 removed: ${docked.edits(since)} edits, nothing left to do after ${
            (settledAfter / 1000).toFixed(1)
          } s; first answer through the load balancer ${
            (back - started).toFixed(0)
          } ms after its start; Active after that: ${
            after.map(({ name, ms }) => `${name} ${ms.toFixed(0)} ms`).join(", ")
          }; clients ${JSON.stringify(counts)}; download beside it ${(bytes / 1e6).toFixed(0)} MB`,
        );
        assert.equal(docked.edits(since), 2);
        assert.deepEqual(await published(), [
          "*:21711:30711/tcp",
          "*:21714:30714/tcp",
          "*:21716:30716/udp",
          "127.0.0.1:21715:30715/tcp",
        ]);
        await answer(21711);
        for (const { name, last, ms } of after) {
          assert.equal(last, "Active", name);
          if (ms > 5_000) say(trace);
          bar(`k3d edits: ${name} Active after the load balancer's return`, { ms, limit: 5_000 });
        }
        for (const [name, of] of Object.entries(counts)) {
          assert.ok(of.ok > 100, `${name}: ${JSON.stringify(of)}`);
          assert.equal(of.refused, 0, `${name}: ${JSON.stringify(of)}`);
        }
        assert.deepEqual(counts.other, { ...counts.other, failed: 0, hung: 0 });
        assert.deepEqual(told.filter(({ key }) => key === "forward:other"), [], "the other cluster's forward");
        assert.equal(cut, null, "the download beside it");
        assert.ok(bytes > 10_000_000, `${bytes} bytes`);
      });
      assert.equal(await up.interrupt(), 0);
    }

    await t.step("down leaves the cluster running", async () => {
      assert.deepEqual(await running(), [server, BALANCER].sort());
      await answer(21711);
    });

    await t.step("edits: ask without --allow-restart: shown, blocked and said; edits: never too", async () => {
      const more = [...NEXT, "21718:30718@loadbalancer"];
      await save(file, yaml({ ports: more }));
      const since = docked.seen.length;
      const gated = (await plan(file)).filter(({ key }) => key.startsWith("mapping:"));
      assert.deepEqual(gated.map(({ op, gate }) => `${op} ${gate}`), ["create allow-restart"]);
      assert.match(gated[0]?.disruption ?? "", /restarts the load balancer .* about 7 s without API/);
      const text = await berth("plan", "-f", file);
      assert.match(text.stdout, /allow-restart/);

      const once = await berth("up", "-f", file, "--once");
      assert.equal(once.code, 1, once.stderr);
      assert.match(once.stderr, /mapping:edit\/21718-30718-tcp is blocked: needs (--)?allow-restart/);

      await using up = new Up(file);
      await up.active();
      assert.ok(up.lines.some((line) => /allow-restart/.test(line)), up.lines.join("\n"));
      for (const port of [DIRECT, TUNNEL, OTHER]) await answer(port);

      await save(file, yaml({ ports: more, edits: "never" }));
      await until(() => Promise.resolve(up.lines.some((line) => /edits: never/.test(line))), {
        what: () => `a word about edits: never in:\n${up.lines.join("\n")}`,
      });
      const [never, ...others] = (await plan(file)).filter(({ key }) => key.startsWith("mapping:"));
      assert.deepEqual([never?.op, others], ["blocked", []]);
      assert.match(never?.reason ?? "", /edits: never/);
      await up.active();
      assert.equal(await up.interrupt(), 0);
      assert.equal(docked.edits(since), 0);
    });

    await t.step("a port taken between plan and edit: rolled back, running, exit 1, the holder named", async () => {
      // The removal comes first and takes seven seconds: time for another program to take the port that comes next.
      const ports = NEXT.filter((one) => !one.startsWith("21714:"));
      await save(file, yaml({ ports: [...ports, "21717:30717@loadbalancer"] }));
      const since = docked.seen.length;
      const began = performance.now();
      const ending = berth("up", "-f", file, "--once", "--allow-restart");
      await until(() => Promise.resolve(docked.edits(since) === 1), { limit: 90_000, what: "the first edit" });
      using _taken = Deno.listen({ hostname: "0.0.0.0", port: 21717 });
      const ended = await ending;
      say(
        `k3d edits: failed half-way after ${((performance.now() - began) / 1000).toFixed(1)} s: ${ended.stderr.trim()}`,
      );
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, new RegExp(`port 21717 is in use by .*${Deno.pid}`));
      assert.match(ended.stderr, /its load balancer runs/);
      assert.equal(docked.edits(since), 2);
      assert.deepEqual(await running(), [server, BALANCER].sort());
      assert.deepEqual(await published(), ["*:21711:30711/tcp", "*:21716:30716/udp", "127.0.0.1:21715:30715/tcp"]);
      await answer(21711);
    });

    await t.step("k3d before 5.9.0: one edit that adds, the removal explained", async (t) => {
      if (!await standIn("v5.8.3")) return void say("k3d edits: an older k3d cannot be played by this one: not tried");
      Deno.env.set("K3D_STANDIN_VERSION", "v5.8.3");
      try {
        await save(file, yaml({ ports: [KEPT, "127.0.0.1:21715:30715@loadbalancer", "21719:30719@loadbalancer"] }));
        const planned = (await plan(file)).filter(({ key }) => key.startsWith("mapping:"));
        assert.deepEqual(planned.map(({ op, key }) => `${op} ${key}`), [
          "blocked mapping:edit/21716-30716-udp",
          "create mapping:edit/21719-30719-tcp",
        ]);
        assert.match(planned[0]?.reason ?? "", /5\.9\.0/);
        const since = docked.seen.length;
        const ended = await berth("up", "-f", file, "--once", "--allow-restart");
        assert.equal(ended.code, 1, ended.stderr);
        assert.match(ended.stderr, /21716.*5\.9\.0/);
        assert.equal(docked.edits(since), 1);
        assert.ok((await published()).includes("*:21719:30719/tcp"));
        await t.step("nothing of this is done again", async () => {
          await berth("up", "-f", file, "--once", "--allow-restart");
          assert.equal(docked.edits(since), 1);
        });
      } finally {
        Deno.env.delete("K3D_STANDIN_VERSION");
      }
    });

    await t.step("nothing foreign was changed", async () => {
      assert.deepEqual(await foreignContainers(), containers);
      assert.deepEqual(await foreignObjects(), objects);
    });

    await t.step("down --clusters: needs a yes, stops and deletes ours, and no other", async () => {
      const asked = await berth("down", "-f", file, "--clusters=delete");
      assert.equal(asked.code, 1);
      assert.match(
        asked.stderr,
        new RegExp(`would delete k3d cluster ${NAME}: there is no terminal to ask on\n.*--yes`),
      );
      assert.deepEqual(await running(), [server, BALANCER].sort());

      const stranger = `${await folder()}/forwards.yaml`;
      await save(stranger, yaml({ ports: START }));
      const notTheirs = await berth("down", "-f", stranger, "--clusters=delete", "--yes");
      assert.equal(notTheirs.code, 0, notTheirs.stderr);
      assert.deepEqual(await running(), [server, BALANCER].sort(), "another workspace's down takes nothing");

      const stopped = await berth("down", "-f", file, "--clusters=stop", "--yes");
      assert.equal(stopped.code, 0, stopped.stderr);
      assert.deepEqual(await running(), [""]);
      const gone = await berth("down", "-f", file, "--clusters=delete", "--yes");
      assert.equal(gone.code, 0, gone.stderr);
      assert.equal(await docker("ps", "-aq", "--filter", `label=k3d.cluster=${NAME}`), "");
      const left = (containers as string[]).filter((one) => !one.startsWith(server));
      assert.deepEqual(await foreignContainers(), left);
    });
  } finally {
    await run("k3d", ["cluster", "delete", NAME]);
    await run("docker", ["rm", "-f", FOREIGN]);
    await kubectl(["delete", "namespace", OTHER_NS, "--wait=false"]);
  }
});
