import assert from "node:assert/strict";
import { forward, statusOf } from "../view/fixtures.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli } from "./fake_services.ts";

const permissions = "none";

Deno.test({ name: "list counts reconnects as status does; where nothing runs nobody knows", permissions }, async () => {
  const daemon = new FakeDaemon();
  daemon.document = { ...statusOf(), forwards: [forward("web", { reconnects: 3 })] };
  const reconnects = (out: string): readonly (readonly [string, number | null])[] =>
    JSON.parse(out).forwards.map((one: { id: string; reconnects: number | null }) => [one.id, one.reconnects]);
  const { code, out } = await cli(["list", "-o", "json"], (services) => services.running = new FakeClient(daemon));
  assert.equal(code, 0);
  assert.deepEqual(reconnects(out), [["web", 3], ["api", null], ["db", null]]);
  const wide = await cli(["list", "-o", "wide", "web"], (services) => services.running = new FakeClient(daemon));
  assert.match(wide.out, /RECONNECTS/);
  assert.match(wide.out.split("\n")[1] ?? "", / 3 /);
  assert.deepEqual(reconnects((await cli(["list", "-o", "json"])).out), [["web", null], ["api", null], ["db", null]]);
});

Deno.test({ name: "list --profile: the profile's forwards, and those that are named", permissions }, async () => {
  const names = async (...words: readonly string[]): Promise<readonly [number, string]> => {
    const { code, out } = await cli(["list", "-o", "name", ...words], (services) => {
      const { workspace } = services.file;
      assert.ok(workspace !== null);
      const profiles = new Map([["back", ["a*"]], ["none", ["zzz"]]]);
      services.file = { ...services.file, workspace: { ...workspace, profiles } };
    });
    return [code, out];
  };
  assert.deepEqual(await names("--profile", "back"), [0, "api\n"]);
  assert.deepEqual(await names("--profile", "back", "db"), [0, "api\ndb\n"]);
  assert.deepEqual(await names("--profile", "none"), [0, ""]);
  assert.deepEqual(await names("--profile", "bak"), [64, ""]);
});
