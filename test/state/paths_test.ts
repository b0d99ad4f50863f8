import assert from "node:assert/strict";
import { baseDirectories, workspaceId, workspacePaths } from "../../src/state/paths.ts";

const HOME = "/home/ada";

for (
  const [name, variables, state, runtime] of [
    ["nothing set", {}, "/home/ada/.local/state/berth", "/home/ada/.local/state/berth"],
    ["both set", { XDG_STATE_HOME: "/s", XDG_RUNTIME_DIR: "/run/user/1000" }, "/s/berth", "/run/user/1000/berth"],
    [
      "empty is unset",
      { XDG_STATE_HOME: "", XDG_RUNTIME_DIR: "" },
      `${HOME}/.local/state/berth`,
      `${HOME}/.local/state/berth`,
    ],
    [
      "relative is unset",
      { XDG_STATE_HOME: "s", XDG_RUNTIME_DIR: "./r" },
      `${HOME}/.local/state/berth`,
      `${HOME}/.local/state/berth`,
    ],
    ["only state", { XDG_STATE_HOME: "/s" }, "/s/berth", "/s/berth"],
  ] as const
) {
  Deno.test(`paths: ${name}`, () => {
    const values = new Map<string, string>(Object.entries(variables));
    assert.deepEqual(baseDirectories({ env: (it) => values.get(it), home: HOME }), { state, runtime });
  });
}

Deno.test("paths: a workspace has its own, by the path of its file", async () => {
  const base = { state: "/s/berth", runtime: "/run/user/1000/berth" };
  const paths = await workspacePaths(base, "/home/ada/shop/forwards.yaml");
  assert.equal(paths.id, await workspaceId("/home/ada/shop/forwards.yaml"));
  assert.match(paths.id, /^[0-9a-f]{12}$/);
  assert.equal(paths.socket, `/run/user/1000/berth/${paths.id}/sock`);
  assert.equal(paths.leases, `/s/berth/${paths.id}/leases.json`);
  assert.notEqual(paths.id, await workspaceId("/home/ada/shop2/forwards.yaml"));
});

Deno.test("paths: the id does not change between versions: running processes are found by it", async () => {
  assert.equal(await workspaceId("/home/ada/shop/forwards.yaml"), "e24a2e437900");
});
