/** The personal file beside forwards.yaml, under a running `up`: made, broken, mended and deleted. */
import assert from "node:assert/strict";
import { fileOf, freePort, listens, Rig } from "./rig.ts";
import { until } from "../fakes/until.ts";

Deno.test("forwards.local.yaml is followed as the file itself is", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const local = `${rig.dir}/forwards.local.yaml`;
  const [team, mine] = [freePort(), freePort()];
  await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${team} }`]));
  const up = await rig.up();
  await up.active();

  await Deno.writeTextFile(local, `forwards:\n  web: { local: ${mine} }\n`);
  await until(() => listens(mine), "my port answers");
  await until(async () => !await listens(team), "the team's port is free");

  await Deno.writeTextFile(local, "forwards:\n  web: { local: 99999 }\n");
  await up.until(() => up.status().diagnostics.length > 0, "it is shown as broken");
  assert.equal(up.status().diagnostics[0]?.where?.file, local);
  assert.ok(await listens(mine), "the last good one stays in force");

  await Deno.writeTextFile(local, "forwards:\n  web: { enabled: false }\n");
  await up.until(() => up.find("web") === undefined, "it is not run");
  assert.equal(await listens(mine), false);

  await Deno.remove(local);
  await until(() => listens(team), "the team's port answers");
  await up.active(["web"]);
});
