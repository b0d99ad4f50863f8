/** On a sandbox: what saving, breaking, replacing and deleting the file does to what runs. */
import assert from "node:assert/strict";
import { Client, fileOf, freePort, listens, podBehind, Rig, type Up } from "./rig.ts";
import { until } from "../fakes/until.ts";

/** A line that leads to the pods that echo or send. */
const flow = (name: string, { port, local }: { port: number; local: number }) =>
  `${name}: { deployment: default/flow, port: ${port}, local: ${local} }`;
const web = (local: number) => `web: { service: default/web, port: 80, local: ${local} }`;

/** Resolves when the file as it was saved last is in force. */
async function inForce(up: Up, revision: number): Promise<void> {
  await up.until(() => up.status().revision === revision, `revision ${revision}`);
}

Deno.test("a change of one port leaves a download on another alone", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [source, first, second] = [freePort(), freePort(), freePort()];
  await rig.save(fileOf([flow("source", { port: 9005, local: source }), web(first)]));
  const up = await rig.up();
  await up.active();
  using download = await Client.open(source);
  await download.take(1_000_000);
  for (const [from, to] of [[first, second], [second, first], [first, second]] as const) {
    await rig.save(fileOf([flow("source", { port: 9005, local: source }), web(to)]));
    await until(() => listens(to), "the new port answers");
    assert.match(await podBehind(to), /^web-/);
    await until(async () => !await listens(from), "the old port is free");
    await download.take(1_000_000);
  }
  const { connections, bytes } = up.forward("source");
  assert.deepEqual([connections.open, connections.total, connections.failed], [1, 1, 0]);
  assert.ok(bytes.out >= 4_000_000);
  assert.deepEqual(up.path("source"), ["Active"]);
});

Deno.test("two forwards that swap their local ports keep their open connections", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [one, two] = [freePort(), freePort()];
  const lines = (echo: number, site: number) => fileOf([flow("echo", { port: 9002, local: echo }), web(site)]);
  await rig.save(lines(one, two));
  const up = await rig.up();
  await up.active();
  using kept = await Client.open(one);
  await kept.echo("before");
  await rig.save(lines(two, one));
  await up.until(
    () => up.forward("echo").listen[0]?.port === two && up.forward("web").listen[0]?.port === one,
    "swapped",
  );
  await kept.echo("after");
  using fresh = await Client.open(two);
  await fresh.echo("there");
  assert.match(await podBehind(one), /^web-/);
  assert.equal(up.forward("echo").connections.failed, 0);
});

Deno.test("a forward that is deleted under an open connection holds up nothing", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [echo, first, second] = [freePort(), freePort(), freePort()];
  await rig.save(fileOf([flow("echo", { port: 9002, local: echo }), web(first)]));
  const up = await rig.up();
  await up.active();
  using kept = await Client.open(echo);
  await kept.echo("before");
  await rig.save(fileOf([web(first)]));
  await up.until(() => up.find("echo") === undefined, "it is gone");
  assert.equal(await listens(echo), false);
  await rig.save(fileOf([web(second)]));
  await until(() => listens(second), "the next save is in force");
  await kept.echo("drains");
  // And back, beside the one that drains.
  await rig.save(fileOf([web(second), flow("echo", { port: 9002, local: echo })]));
  await up.active(["echo"]);
  using fresh = await Client.open(echo);
  await fresh.echo("new");
  await kept.echo("old");
  // The end cuts what still drains.
  await up.cut();
  await assert.rejects(kept.echo("gone"));
});

Deno.test("renamed over, deleted, made anew, half-written, a directory: the last good one stays in force", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [echo, other] = [freePort(), freePort()];
  const whole = fileOf([flow("echo", { port: 9002, local: echo })]);
  await rig.save(whole);
  const up = await rig.up();
  await up.active();
  using kept = await Client.open(echo);
  await kept.echo("start");
  const errors = () => up.status().diagnostics.filter(({ severity }) => severity === "error");
  const stands = async (word: string) => {
    await kept.echo(word);
    assert.equal(up.forward("echo").status, "Active");
    assert.equal(await listens(echo), true);
  };

  await Deno.remove(rig.file);
  await up.until(() => errors()[0]?.code === "PF0001", "told that it is gone");
  await stands("deleted");

  await rig.save(whole);
  await up.until(() => errors().length === 0, "whole again");

  await Deno.writeTextFile(rig.file, whole.slice(0, Math.floor(whole.length * 0.7)));
  await up.until(() => errors().length > 0, "told that it is broken");
  await stands("half");

  await Deno.writeTextFile(rig.file, fileOf([flow("echo", { port: 9002, local: echo }), web(other)]));
  await up.active(["web"]);
  await stands("whole");
  assert.deepEqual(errors(), []);

  await Deno.remove(rig.file);
  await Deno.mkdir(rig.file);
  await up.until(() => errors()[0]?.code === "PF0003", "told that it is a folder");
  await stands("folder");

  await Deno.remove(rig.file);
  await rig.save(whole);
  await up.until(() => up.find("web") === undefined, "web is let go");
  await stands("back");
  assert.equal(await listens(other), false);

  // Emptied and filled in two writes, as some editors and `>` do.
  const before = up.status().revision;
  await Deno.writeTextFile(rig.file, "");
  await Deno.writeTextFile(rig.file, fileOf([flow("echo", { port: 9002, local: echo }), web(other)]));
  await up.active(["web"]);
  assert.equal(up.status().revision, before + 1);
  await stands("end");
  assert.deepEqual(up.path("echo"), ["Active"]);
});

Deno.test("a broken save shows one diagnostic and changes nothing; the fix converges", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [first, second] = [freePort(), freePort()];
  await rig.save(fileOf([web(first)]));
  const up = await rig.up();
  await up.active();
  await rig.save(fileOf([`web: { service: default/web, port: 80, locl: ${second} }`]));
  await up.until(() => up.status().diagnostics.length > 0, "told");
  const [problem] = up.status().diagnostics;
  assert.equal(up.status().diagnostics.length, 1);
  assert.match(`${problem?.message} ${problem?.help}`, /locl.*did you mean 'local'/s);
  assert.deepEqual([problem?.where?.file, problem?.where?.line], [rig.file, 8]);
  assert.equal(up.events.filter(({ type }) => type === "diagnostic").length, 1);
  assert.deepEqual(up.loaded.map(({ workspace }) => workspace === null), [true]);
  assert.equal(up.status().revision, 1);
  assert.match(await podBehind(first), /^web-/);

  await rig.save(fileOf([web(second)]));
  await inForce(up, 2);
  await until(() => listens(second), "the new port answers");
  assert.match(await podBehind(second), /^web-/);
  assert.deepEqual(up.status().diagnostics, []);
  await up.until(() => up.events.some(({ type }) => type === "reload"), "told what was done");
  assert.equal(up.events.find(({ type }) => type === "reload")?.message, "Revision 2: 1 changed");
});

Deno.test("a cluster's entry that changes moves new connections, and closes no listener", async () => {
  await using rig = await Rig.make();
  const old = await rig.sandbox({ name: "one" });
  const next = await rig.sandbox({ name: "two", version: "v1.30.0" });
  const [site, echo] = [freePort(), freePort()];
  const lines = (kubeconfig: string) =>
    fileOf([`web: { deployment: default/web, port: 8080, local: ${site} }`, flow("echo", { port: 9002, local: echo })])
      .replace("./play.kubeconfig", `./${kubeconfig}.kubeconfig`);
  await rig.save(lines("one"));
  const up = await rig.up();
  await up.active();
  using kept = await Client.open(echo);
  await kept.echo("before");
  const [oldPod] = old.control.pods({ labels: { app: "web" } });
  assert.equal(await podBehind(site), oldPod?.name);

  // The one that is left does not answer any more: that must not matter.
  await old.control.goDark("hang");
  await rig.save(lines("two"));
  const [newPod] = next.control.pods({ labels: { app: "web" } });
  // What was begun before the file was read waits for the old one.
  const behind = () => podBehind(site).catch(() => "none");
  await until(async () => await behind() === newPod?.name, "the new cluster answers");
  assert.equal(up.status().clusters[0]?.version, "v1.30.0");
  await old.control.comeBack();
  await up.until(() => old.control.watches === 0, "nothing of the old one is watched");
  await kept.echo("after");
  assert.ok(up.path("web").every((state) => !state.startsWith("Failed")), up.path("web").join());
});
