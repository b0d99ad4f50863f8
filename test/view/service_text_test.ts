import assert from "node:assert/strict";
import { launchdPlist, systemdUnit } from "../../src/view/service_text.ts";
import { openGoldens } from "./golden.ts";

const goldens = openGoldens("view");
const { permissions } = goldens;

const PARTS = {
  id: "0a1b2c3d4e5f",
  file: '/home/ana/my "shop" 100%/forwards.yaml',
  command: ["/usr/bin/deno", "run", "--allow-write=/a,/b", "/opt/berth/src/main.ts"],
  env: { PATH: "/usr/bin:/bin", KUBECONFIG: "/home/ana/a & b/$x" },
  folder: '/home/ana/my "shop" 100%',
} as const;

Deno.test({ name: "service files", permissions }, () => {
  goldens.check("berth.service", systemdUnit(PARTS));
  goldens.check("berth.plist", launchdPlist(PARTS));
});

Deno.test("a unit is one that systemd takes, where systemd is", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const path = `${dir}/berth-test.service`;
    await Deno.writeTextFile(path, systemdUnit({ ...PARTS, command: [Deno.execPath(), "run"], folder: dir }));
    const ran = await new Deno.Command("systemd-analyze", { args: ["--user", "verify", path], stderr: "piped" })
      .output()
      .catch(() => null);
    if (ran === null) return;
    const said = new TextDecoder().decode(ran.stderr).split("\n").filter((line) => line.includes("berth-test.service"));
    assert.deepEqual(said, []);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
