import assert from "node:assert/strict";
import type { Shell } from "../../src/host/shell.ts";
import { findOwnClusters } from "../../src/wiring/own_clusters.ts";
import { Rig } from "./rig.ts";

const signal = new AbortController().signal;

/** A machine on which no program is found. */
const bare: Shell = () => Promise.resolve({ code: 127, end: "not-found", stdout: "", stderr: "" });
/** A machine with Docker, and no container on it. */
const empty: Shell = (argv) =>
  Promise.resolve({
    code: 0,
    end: "exited",
    stdout: argv[0] === "k3d" ? "k3d version v5.9.0\nk3s version v1.31.4-k3s1 (default)\n" : "",
    stderr: "",
  });

Deno.test("without Docker it cannot be said which clusters are ours, and the workspace is let go of", async () => {
  await using rig = await Rig.make();
  await rig.save("version: 1\nclusters: { dev: { k3d: {} } }\nforwards: {}\n");
  for (let call = 0; call < 2; call++) {
    const found = await findOwnClusters({ ...rig.host, shell: bare }, rig.file, signal);
    assert.deepEqual([found.kind, found.kind === "unavailable" && found.reason], ["unavailable", "docker-missing"]);
  }
});

Deno.test("what was found holds the workspace until it is disposed of", async () => {
  await using rig = await Rig.make();
  await rig.save("version: 1\nclusters: { dev: { k3d: {} } }\nforwards: {}\n");
  const host = { ...rig.host, shell: empty };
  {
    const found = await findOwnClusters(host, rig.file, signal);
    assert.ok(found.kind === "found");
    await using held = found;
    assert.deepEqual(held.names, []);
    const second = await findOwnClusters(host, rig.file, signal);
    assert.ok(second.kind === "held");
    assert.equal(second.by?.pid, rig.host.pid);
  }
  const again = await findOwnClusters(host, rig.file, signal);
  assert.equal(again.kind, "found");
  if (again.kind === "found") await again[Symbol.asyncDispose]();
});
