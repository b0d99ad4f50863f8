/** A port that a container has published, and one of a k3d cluster: who holds it is named by what a person would stop. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { findPortHolder } from "../../src/host/port_holder.ts";
import { createShell } from "../../src/host/shell.ts";
import { port } from "../../src/model/port.ts";
import { run } from "./harness.ts";

const image = Deno.env.get("RIG_NODE_IMAGE");
const shell = createShell({ clock: systemClock(), env: (name) => Deno.env.get(name) });
const signal = new AbortController().signal;

async function docker(...args: string[]): Promise<string> {
  const ran = await run("docker", args);
  assert.equal(ran.code, 0, `docker ${args.join(" ")}: ${ran.stderr}`);
  return ran.stdout.trim();
}

for (
  const [what, label, words] of [
    ["a container", "berth.test=1", "container berth-e2e-holder"],
    ["a k3d cluster", "k3d.cluster=shop", "k3d cluster shop (container berth-e2e-holder)"],
  ] as const
) {
  Deno.test({ name: `the holder of a port is ${what}, by name`, ignore: image === undefined }, async () => {
    const name = "berth-e2e-holder";
    await run("docker", ["rm", "--force", name]);
    const publish = ["--publish", "127.0.0.1::80"];
    await docker(
      "run",
      "--detach",
      "--name",
      name,
      "--label",
      label,
      ...publish,
      "--entrypoint",
      "sleep",
      image ?? "",
      "600",
    );
    try {
      const at = Number(/:(\d+)$/m.exec(await docker("port", name, "80/tcp"))?.[1]);
      const holder = await findPortHolder({ host: "127.0.0.1", port: port(at) }, { shell, signal });
      assert.equal(holder?.words, words);
      assert.equal(holder.yields, false);
    } finally {
      await docker("rm", "--force", name);
    }
  });
}
