/** The files of other tools, typed after their own documentation, through the verb: what comes out, what is said, and that it plans. */
import assert from "node:assert/strict";
import { formatWorkspace } from "../config/format.ts";
import { parseWorkspace } from "../../src/config/parse.ts";
import { cli } from "../cli/fake_services.ts";
import { openGoldens } from "../view/golden.ts";

const goldens = openGoldens("import");
// The YAML library reads two variables.
const permissions = goldens.permissions === "none" ? { env: ["LOG_TOKENS", "LOG_STREAM"] } : goldens.permissions;
const folder = new URL("fixtures/", import.meta.url);
const root = new URL("../..", import.meta.url).pathname;

const CASES = [
  { source: "nanoporter", file: "nanoporter.yaml", flags: [], forwards: 4 },
  { source: "kportal", file: "kportal.yaml", flags: [], forwards: 4 },
  { source: "kftray", file: "kftray.json", flags: [], forwards: 3 },
  { source: "kecs", file: "kecs.json", flags: ["--instance", "demo"], forwards: 2 },
  { source: "kubectl", file: "kubectl.sh", flags: [], forwards: 7 },
] as const;

const fixtures = new Map(CASES.map(({ file }) => [file as string, Deno.readTextFileSync(new URL(file, folder))]));

async function imported(source: string, file: string, flags: readonly string[] = []) {
  return await cli(["import", source, file, ...flags], ({ disk }) => {
    for (const [name, text] of fixtures) disk.set(name, text);
    disk.set("-", fixtures.get(file) ?? "");
  });
}

for (const { source, file, flags, forwards } of CASES) {
  Deno.test({ name: `${source}: the file, and the report of what it lacks`, permissions }, async () => {
    const { code, out, err } = await imported(source, file, flags);
    assert.equal(code, 0);
    goldens.check(`${source}.yaml`, out);
    goldens.check(`${source}.txt`, err);
    assert.doesNotMatch(out + err, /not-to-be-shown/);
    const { workspace, diagnostics } = parseWorkspace(out, { file: "forwards.yaml" });
    assert.deepEqual(diagnostics.filter(({ severity }) => severity === "error"), []);
    assert.equal(workspace?.forwards.length, forwards);
  });

  Deno.test(`${source}: the result plans`, async () => {
    const { out } = await imported(source, file, flags);
    const place = await Deno.makeTempDir({ prefix: "berth-import-" });
    try {
      const { workspace } = parseWorkspace(out, { file: "forwards.yaml" });
      assert.ok(workspace !== null);
      // On simulated clusters, at ports of its own: those of the fixture may be taken on this machine.
      const clusters = Array.from(
        workspace.clusters.values(),
        ({ name, kecs, where }) =>
          [name, { name, access: { kind: "sandbox" }, where, ...(kecs === undefined ? {} : { kecs }) }] as const,
      );
      const text = formatWorkspace({
        ...workspace,
        clusters: new Map(clusters),
        forwards: workspace.forwards.map((forward) => ({ ...forward, local: { kind: "auto" } })),
      });
      await Deno.writeTextFile(`${place}/forwards.yaml`, text);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-q", "--frozen", "-A", "src/main.ts", "plan", "-f", `${place}/forwards.yaml`, "-o", "json"],
        cwd: root,
        env: { XDG_STATE_HOME: `${place}/state`, XDG_RUNTIME_DIR: `${place}/run` },
      }).output();
      assert.equal(code, 0, `${text}\n${new TextDecoder().decode(stderr)}`);
      const { summary } = JSON.parse(new TextDecoder().decode(stdout)) as { summary: Record<string, number> };
      assert.deepEqual(summary, { create: forwards, change: 0, delete: 0, replace: 0, blocked: 0 });
    } finally {
      await Deno.remove(place, { recursive: true });
    }
  });
}

Deno.test({ name: "a file is written only where there is none, but with --force", permissions }, async () => {
  const args = ["import", "kportal", "k", "--out", "forwards.yaml"];
  const fill = (disk: Map<string, string>) => disk.set("k", fixtures.get("kportal.yaml") ?? "");
  const first = await cli(args, ({ disk }) => fill(disk));
  assert.equal(first.code, 0);
  assert.equal(first.out, "");
  assert.match(first.services.disk.get("forwards.yaml") ?? "", /^# Made by/);
  const there = await cli(args, ({ disk }) => fill(disk).set("forwards.yaml", "mine"));
  assert.equal(there.code, 1);
  assert.equal(there.services.disk.get("forwards.yaml"), "mine");
  goldens.check("exists.txt", there.err);
  const forced = await cli([...args, "--force", "-q"], ({ disk }) => fill(disk).set("forwards.yaml", "mine"));
  assert.equal(forced.code, 0);
  assert.match(forced.services.disk.get("forwards.yaml") ?? "", /^# Made by/);
  assert.equal(forced.err, "Wrote forwards.yaml.\n");
});

Deno.test({ name: "standard input", permissions }, async () => {
  const { code, out } = await cli(["import", "kubectl", "-"], ({ disk }) => {
    disk.set("-", "kubectl port-forward -n shop svc/web 8080:80");
  });
  assert.equal(code, 0);
  assert.match(out, /web: \{ service: shop\/web, port: 80, local: 8080 \}/);
});

Deno.test({ name: "KECS' own path names the instance", permissions }, async () => {
  const path = "/home/ana/.kecs/instances/shop/port-forwards/state.json";
  const { code, out } = await cli(
    ["import", "kecs", path],
    ({ disk }) => disk.set(path, fixtures.get("kecs.json") ?? ""),
  );
  assert.equal(code, 0);
  assert.match(out, /context: k3d-kecs-shop, kecs: \{ instance: shop, region: us-east-1 \}/);
});

const TROUBLES: readonly (readonly [about: string, args: readonly string[], text: string, code: number])[] = [
  ["no such file", ["kportal", "nowhere.yaml"], "", 65],
  ["another tool's file", ["kftray", "in"], "contexts: []", 65],
  ["not YAML at all", ["kportal", "in"], "contexts: [\n  {", 65],
  ["no such source", ["lens", "in"], "", 64],
  ["nothing in the script", ["kubectl", "in"], "echo hello", 65],
  ["nothing that can be carried over", ["kubectl", "in"], "kubectl port-forward rs/x 1:2", 1],
  ["KECS without an instance", ["kecs", "in"], "[]", 64],
  ["KECS in no region", ["kecs", "in", "--instance", "a", "--region", "here"], "[]", 64],
];

Deno.test({ name: "what cannot be read is said", permissions }, async () => {
  const parts: string[] = [];
  for (const [about, args, text, code] of TROUBLES) {
    const ran = await cli(["import", ...args], ({ disk }) => disk.set("in", text));
    assert.equal(ran.code, code, about);
    assert.equal(ran.out, "");
    parts.push(`# ${about}\n${ran.err}`);
  }
  goldens.check("troubles.txt", parts.join("\n"));
});
