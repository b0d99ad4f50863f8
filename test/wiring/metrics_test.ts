/** `up --metrics`, on a sandbox: what a scraper sees of a real process. */
import assert from "node:assert/strict";
import { Client, fileOf, freePort, Rig } from "./rig.ts";

Deno.test("up serves the metrics of its forwards, its passes and itself", async () => {
  await using rig = await Rig.make();
  await rig.sandbox();
  const [web, db] = [freePort(), freePort()];
  await rig.save(fileOf([
    `web: { service: default/web, port: 80, local: ${web} }`,
    `db: { service: default/db, port: 5432, local: ${db} }`,
  ]));
  const up = await rig.up({ metrics: 0 });
  await up.active(["web", "db"]);
  const url = up.notes.map((line) => /^Metrics: (http:\S+)$/.exec(line)?.[1]).find((one) => one !== undefined);
  assert.ok(url !== undefined, up.notes.join("\n"));
  using client = await Client.open(db);
  assert.equal(await client.next(), "220 ready\n");

  const scraped = await fetch(url);
  const text = await scraped.text();
  assert.equal(scraped.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  for (
    const line of [
      'berth_forwards{status="Active",reason=""} 2',
      'berth_forward_active{forward="db",cluster="play"} 1',
      'berth_forward_connections_open{forward="db",cluster="play"} 1',
      'berth_forward_bytes_total{forward="db",cluster="play",direction="out"} 10',
      'berth_forward_connect_duration_seconds_count{forward="db"} 1',
      'berth_cluster_reachable{cluster="play",kind="kubeconfig"} 1',
      "berth_workspace_revision 1",
    ]
  ) assert.ok(text.includes(`${line}\n`), `${line} in:\n${text}`);
  assert.match(text, /^berth_reconcile_duration_seconds_count\{result="converged"\} [1-9]/m);
  assert.match(text, /^process_resident_memory_bytes \d{7,}/m);
  assert.match(text, /^process_cpu_seconds_total 0\.\d+|^process_cpu_seconds_total [1-9]/m);
});
