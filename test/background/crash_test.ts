/** berth in the background, as a person starts it, and what becomes of it when it is killed. With `BERTH_FULL=1` as often as the issue asks for. */
import assert from "node:assert/strict";
import { get } from "../wiring/rig.ts";
import { listeners, Place } from "./place.ts";

const KILLS = Deno.env.get("BERTH_FULL") === "1" ? 50 : 8;

const TWO_FORWARDS = ([web, api]: readonly number[]): string =>
  `version: 1
clusters: { play: { sandbox: {} } }
forwards:
  web: { service: default/web, port: 80, local: ${web} }
  api: { service: default/api, port: http, local: ${api} }
`;

Deno.test(`killed ${KILLS} times at random moments, the next up -d --wait always succeeds`, async () => {
  await using place = await Place.make(TWO_FORWARDS);
  const [web = 0, api = 0] = place.ports;
  let killed = 0;
  while (killed < KILLS) {
    // A moment of its start, or of its life after that.
    const starting = place.berth("up", "-d");
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
    if (await place.kill()) killed++;
    await starting;
    const { code, said } = await place.berth("up", "-d", "--wait=60s", "--replace");
    assert.equal(code, 0, `after ${killed} kills: ${said}`);
    assert.match(await get(web), /sandbox/);
    assert.notEqual(await get(api, "/"), "");
    for (const port of place.ports) {
      const found = await listeners(port);
      if (found !== null) assert.ok(found.v4 === 1 && found.v6 <= 1, JSON.stringify(found));
    }
    if (Math.random() < 0.7 && await place.kill()) killed++;
    else assert.equal((await place.berth("down")).code, 0);
  }
  assert.equal((await place.berth("down")).code, 0);
  for (const port of place.ports) assert.deepEqual(await listeners(port) ?? { v4: 0, v6: 0 }, { v4: 0, v6: 0 });
  const { said } = await place.berth("events", "-o", "json");
  assert.ok(said.includes('"key":"forward:web"'), "what happened is known afterwards");
});

Deno.test("of two that come up at once exactly one wins, and the other says who", async () => {
  await using place = await Place.make(TWO_FORWARDS);
  const both = await Promise.all([place.berth("up", "-d", "--wait=60s"), place.berth("up", "-d", "--wait=60s")]);
  const said = both.map((one) => `${one.code} ${one.said}`).join("\n");
  assert.deepEqual(both.map(({ code }) => code).toSorted((a, b) => a - b), [0, 75], said);
  const loser = both.find(({ code }) => code === 75);
  assert.ok(loser?.said.includes(`PID ${await place.holder()}`), said);
  assert.equal((await place.berth("down")).code, 0);
});
