import assert from "node:assert/strict";
import { type ContainerFacts, containerKind } from "../../src/host/container.ts";

const BARE: ContainerFacts = { marker: false, variable: undefined, kubernetes: undefined, cgroup: "0::/init.scope\n" };

for (
  const [name, facts, expected] of [
    ["a plain machine", {}, null],
    ["no /proc", { cgroup: null }, null],
    ["a user's session", { cgroup: "0::/user.slice/user-1000.slice/session-2.scope\n" }, null],
    ["Docker's marker", { marker: true }, "container"],
    ["podman's variable", { variable: "podman" }, "container"],
    ["an empty variable", { variable: "" }, null],
    ["cgroup v1 of Docker", { cgroup: "12:pids:/docker/3f1c\n" }, "container"],
    ["cgroup of a pod", { cgroup: "11:memory:/kubepods/besteffort/pod1\n" }, "container"],
    ["a pod's environment", { marker: true, kubernetes: "10.43.0.1" }, "kubernetes"],
  ] as const
) {
  Deno.test(`container: ${name}`, () => {
    assert.equal(containerKind({ ...BARE, ...facts }), expected);
  });
}
