/** The log of a real `up`: each line that a pass of the loop causes carries the number of the pass, in text and as JSON. */
import assert from "node:assert/strict";
import type { Log } from "../../src/model/world.ts";
import { type LogLine, parseLogLine } from "../../src/model/log_line.ts";
import { startLog } from "../../src/telemetry/log.ts";
import { systemClock } from "../../src/host/clock.ts";
import { until } from "../fakes/until.ts";
import { fileOf, freePort, Rig } from "./rig.ts";

Deno.test("every line of a pass carries its number", async () => {
  const json: string[] = [];
  const text: string[] = [];
  const system = startLog([
    { sink: (line) => json.push(line), format: "json", level: "debug" },
    { sink: (line) => text.push(line), format: "text", level: "debug" },
  ], systemClock());
  try {
    await using rig = await Rig.make((room): Log => system.room(room));
    const { control } = await rig.sandbox();
    const [web, api] = [freePort(), freePort()];
    await rig.save(fileOf([`web: { service: default/web, port: 80, local: ${web} }`]));
    const up = await rig.up();
    await up.active(["web"]);
    // One more forward, and one whose port somebody has: an action that fails.
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    await rig.save(fileOf([
      `web: { service: default/web, port: 80, local: ${web} }`,
      `api: { service: default/api, port: 80, local: ${api} }`,
      `db: { service: default/db, port: 5432, local: ${taken.addr.port} }`,
    ]));
    await up.active(["api"]);
    await until(
      () => lines(json).filter(({ message }) => message === "pass done").length >= 2,
      "the second pass is over",
    );
    // What happens when no pass runs is of none.
    await control.scale({ name: "api" }, 0);
    await up.until(() => up.forward("api").status === "Reconnecting", "Reconnecting");

    const all = lines(json);
    const ofLoop = all.filter(({ room, message }) =>
      room === "control" && ["pass", "plan", "action", "action failed", "pass done"].includes(message)
    );
    assert.ok(ofLoop.length >= 8, JSON.stringify(all, null, 1));
    let number = 0;
    for (const { message, fields: { reconcile } } of ofLoop) {
      if (message === "pass") number++;
      assert.equal(reconcile, number, message);
    }
    // What it says beside the loop is of it too; what happens to a forward later is of none.
    const failed = ofLoop.find(({ message }) => message === "action failed");
    const told = all.filter(({ room }) => room === "event");
    const conflict = told.find(({ fields }) => fields["key"] === "forward:db" && fields["status"] === "Failed");
    const lost = told.find(({ fields }) => fields["status"] === "Reconnecting");
    assert.ok(failed !== undefined && conflict !== undefined);
    assert.equal(conflict.fields["reconcile"], failed.fields["reconcile"]);
    assert.ok(lost !== undefined && !("reconcile" in lost.fields));
    assert.equal(text.length, json.length);
    for (const [at, line] of all.entries()) {
      const { reconcile } = line.fields;
      const said = / reconcile=(\d+)/.exec(text[at] ?? "")?.[1];
      assert.equal(said, reconcile === undefined ? undefined : String(reconcile), text[at] ?? "");
    }
  } finally {
    system.close();
  }
});

function lines(texts: readonly string[]): readonly LogLine[] {
  return texts.map((text) => {
    const line = parseLogLine(text);
    assert.ok(line !== undefined, text);
    return line;
  });
}
