import assert from "node:assert/strict";
import { namesIn } from "../state/directory.ts";
import { systemClock } from "../../src/host/clock.ts";
import { createShell } from "../../src/host/shell.ts";
import { clearLeftovers } from "../../src/wiring/leftovers.ts";
import { workspacePaths } from "../../src/state/paths.ts";

const world = {
  shell: createShell({ clock: systemClock(), env: (name) => Deno.env.get(name) }),
  signal: new AbortController().signal,
};

Deno.test("what crashed processes left is removed, and nothing else", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const paths = await workspacePaths({ state: `${dir}/state`, runtime: `${dir}/run` }, "/forwards.yaml");
    // Above the largest number that a system gives out.
    const gone = 2 ** 22 + 7;
    const runtime = ["lock", "sock", `sock.${gone}`, `sandbox-play-${gone}.kubeconfig`];
    const mine = [`sandbox-play-${Deno.pid}.kubeconfig`, "lock.json"];
    await Deno.mkdir(paths.runtimeDir, { recursive: true });
    await Deno.mkdir(paths.stateDir, { recursive: true });
    for (const name of [...runtime, ...mine, "lock.json.0a1b2c3d.tmp"]) {
      await Deno.writeTextFile(`${paths.runtimeDir}/${name}`, "");
    }
    for (const name of ["leases.json", "leases.json.0a1b2c3d.tmp", "notes.tmp"]) {
      await Deno.writeTextFile(`${paths.stateDir}/${name}`, "");
    }
    await clearLeftovers(paths, world);
    assert.deepEqual(await namesIn(paths.runtimeDir), ["lock", "lock.json", ...mine.slice(0, 1), "sock"].toSorted());
    assert.deepEqual(await namesIn(paths.stateDir), ["leases.json", "notes.tmp"]);
    await clearLeftovers(
      await workspacePaths({ state: `${dir}/none`, runtime: `${dir}/none` }, "/forwards.yaml"),
      world,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
