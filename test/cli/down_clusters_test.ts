import assert from "node:assert/strict";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli } from "./fake_services.ts";

const permissions = "none";

Deno.test({ name: "down alone asks for no cluster and touches none", permissions }, async () => {
  const { code, services } = await cli(["down", "--yes"], (services) => services.own = ["kecs-dev"]);
  assert.deepEqual([code, services.asked, services.ended], [0, [], []]);
});

Deno.test({ name: "down --clusters: after the end of the daemon, asks, and does it on yes", permissions }, async () => {
  const { code, err, services } = await cli(["down", "--clusters=stop"], (services) => {
    const client = new FakeClient(new FakeDaemon());
    services.running = client;
    services.own = ["kecs-dev"];
    services.answer = "yes";
    services.ending = () => {
      assert.ok(client.closed, "the daemon has ended by then");
      return { status: "done" };
    };
  });
  assert.equal(code, 0);
  assert.equal(err, "Stopped berth (PID 4711).\nStopped k3d cluster kecs-dev.\n");
  assert.deepEqual(services.asked, ["Stop k3d cluster kecs-dev? [y/N]"]);
  assert.deepEqual(services.ended, ["stop kecs-dev", "let go"]);
});

Deno.test({ name: "down --clusters=delete names them all and says what goes with them", permissions }, async () => {
  const { code, err, services } = await cli(["down", "--clusters=delete"], (services) => {
    services.own = ["kecs-dev", "two"];
    services.answer = "no";
  });
  assert.deepEqual(services.asked, ["Delete k3d clusters kecs-dev, two and everything in them? [y/N]"]);
  assert.deepEqual([code, services.ended], [0, ["let go"]]);
  assert.match(err, /Left k3d clusters kecs-dev, two as they are\.\n$/);
});

Deno.test({ name: "down --clusters without a terminal: needs --yes, and says so", permissions }, async () => {
  const asked = await cli(["down", "--clusters", "delete"], (services) => services.own = ["kecs-dev"]);
  assert.equal(asked.code, 1);
  assert.deepEqual(asked.services.ended, ["let go"]);
  assert.match(
    asked.err,
    /error: This would delete k3d cluster kecs-dev: there is no terminal to ask on\n {2}Say so with 'berth down --clusters=delete --yes'\n$/,
  );
  const told = await cli(["down", "--clusters=delete", "--yes", "-q"], (services) => services.own = ["kecs-dev", "b"]);
  assert.deepEqual([told.code, told.err, told.services.asked], [0, "", []]);
  assert.deepEqual(told.services.ended, ["delete kecs-dev", "delete b", "let go"]);
});

Deno.test(
  { name: "down --clusters: an interrupted question is 130, nothing to end is fine", permissions },
  async () => {
    const gone = await cli(["down", "--clusters=stop"], (services) => {
      services.own = ["kecs-dev"];
      services.answer = "gone";
    });
    assert.deepEqual([gone.code, gone.services.ended], [130, ["let go"]]);
    const none = await cli(["down", "--clusters=stop"]);
    assert.deepEqual([none.code, none.services.asked], [0, []]);
    assert.match(none.err, /made no k3d cluster that is there\.\n$/);
  },
);

Deno.test({ name: "down --clusters: one that fails does not keep the others, exit 1", permissions }, async () => {
  const { code, err, services } = await cli(["down", "--clusters=stop", "--yes"], (services) => {
    services.own = ["a", "b"];
    services.ending = (name) =>
      name === "a" ? { status: "blocked", reason: "not-ours", message: "a was not made by this workspace" } : {
        status: "done",
      };
  });
  assert.equal(code, 1);
  assert.deepEqual(services.ended, ["stop a", "stop b", "let go"]);
  assert.match(err, /error: a was not made by this workspace\nStopped k3d cluster b\.\n$/);
});

Deno.test({ name: "down --clusters: Docker down is 69, another up in between 75", permissions }, async () => {
  const down = await cli(["down", "--clusters=stop", "--yes"], (services) => {
    services.finding = { kind: "unavailable", reason: "docker-down", message: "Docker does not answer" };
  });
  assert.equal(down.code, 69);
  assert.match(down.err, /error: Docker does not answer\n$/);
  const held = await cli(["down", "--clusters=stop", "--yes"], (services) => {
    services.finding = { kind: "held", by: null };
  });
  assert.equal(held.code, 75);
});

Deno.test({ name: "down --clusters takes stop or delete only", permissions }, async () => {
  const { code, services } = await cli(["down", "--clusters=all", "--yes"], (services) => services.own = ["a"]);
  assert.deepEqual([code, services.ended], [64, []]);
});
