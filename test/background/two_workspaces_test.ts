/** Two workspaces of one person that want the same port, each with a process of its own. */
import assert from "node:assert/strict";
import { get, listens } from "../wiring/rig.ts";
import { Place } from "./place.ts";

const ss = await new Deno.Command("ss", { args: ["-V"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);
if (!ss) {
  Deno.stderr.writeSync(new TextEncoder().encode("SKIPPED: two workspaces and one port, because ss is not here\n"));
}

const workspace = (forward: string, service: string, port: number | undefined): string =>
  `version: 1
clusters: { play: { sandbox: {} } }
forwards:
  ${forward}: { service: default/${service}, port: 80, local: ${port} }
`;

Deno.test({
  name: "two workspaces want one port: plan names the other one, --takeover takes it, and the other one says so",
  ignore: !ss,
}, async () => {
  await using place = await Place.make(([port]) => workspace("web", "web", port));
  const [port = 0] = place.ports;
  const other = await place.beside(workspace("shop", "api", port));
  const ok = async (of: Place, verb: string, ...args: readonly string[]): Promise<string> => {
    const { code, said } = await of.berth(verb, ...args);
    assert.equal(code, 0, `${verb} ${args.join(" ")}: ${said}`);
    return said;
  };
  try {
    await ok(place, "up", "-d", "--wait=60s");
    const pid = await place.holder();
    const theirs = `port ${port} is in use by another berth workspace, ${place.file} (forward web, PID ${pid})`;

    const blocked = await other.berth("plan");
    assert.equal(blocked.code, 1, blocked.said);
    assert.ok(blocked.said.includes(`blocked: ${theirs}`), blocked.said);
    const would = await ok(other, "plan", "--takeover");
    assert.ok(would.includes(`disturbs: ${theirs.replace("in use by", "taken over from")}`), would);
    assert.match(would, /1 to add, 0 to change, 0 to delete\.\n/);
    assert.match(await ok(place, "status"), /Active/, "a plan touches nothing");

    const refused = await other.berth("up", "-d", "--wait=1s");
    assert.equal(refused.code, 1, refused.said);
    assert.ok(refused.said.includes(theirs), refused.said);

    await ok(other, "up", "-d", "--replace", "--takeover", "--wait=60s");
    assert.match(await get(port), /"pod":\s*"api-/);
    assert.match(await ok(other, "events"), new RegExp(`Port ${port} taken over: another berth workspace`));
    const status = await ok(place, "status");
    assert.ok(status.includes(`stopped: its port went to the workspace ${other.file}`), status);
    assert.match(await ok(place, "events", "--forward=web"), /stop: its port goes to the workspace .*beside/);
  } finally {
    await other.berth("down");
    await place.berth("down");
  }
  assert.equal(await listens(port), false);
});
