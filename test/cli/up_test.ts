import assert from "node:assert/strict";
import { port } from "../../src/model/port.ts";
import { forward, statusOf } from "../view/fixtures.ts";
import { runCli } from "../../src/cli/app.ts";
import { settle } from "../fakes/clock.ts";
import { FakeClient, FakeDaemon } from "../fakes/daemon.ts";
import { cli, FakeServices, loaded, PROBLEM, workspaceOf } from "./fake_services.ts";
import type { UpEnd, UpOptions } from "../../src/cli/services.ts";
import { until } from "../fakes/until.ts";

const permissions = "none";

/** An `up` that the test's function plays. */
function played(play: (daemon: FakeDaemon, options: UpOptions, services: FakeServices) => Promise<UpEnd>) {
  return (services: FakeServices): void => {
    services.upping = (options) => {
      const daemon = new FakeDaemon();
      return play(daemon, options, services).finally(() => {
        // The face lets go only after the end: the last events still reach it.
        assert.ok(daemon.listeners <= 1);
      });
    };
  };
}

Deno.test({ name: "up gets what the command line says", permissions }, async () => {
  let seen: UpOptions | undefined;
  const { code, services } = await cli(
    ["up", "-f", "x.yaml", "--once", "--yes", "-v", "api", "web"],
    played((_, options) => {
      seen = options;
      return Promise.resolve({ kind: "once", problems: [], missingTool: false });
    }),
  );
  assert.equal(code, 0);
  assert.deepEqual(
    [seen?.file, seen?.names, seen?.once, seen?.permissions.allowDelete, seen?.verbose],
    ["x.yaml", ["api", "web"], true, true, true],
  );
  assert.equal(services.attached, 0);
});

Deno.test({ name: "the web page: the flag, then the file; of --once the flag alone", permissions }, async () => {
  for (
    const [args, dashboard, expected] of [
      [[], undefined, null],
      [[], 9400, 9400],
      [["--dashboard"], 9400, 0],
      [["--dashboard=9500"], 9400, 9500],
      [["--once"], 9400, null],
      [["--once", "--dashboard"], 9400, 0],
    ] as const
  ) {
    let seen: UpOptions | undefined;
    await cli(["up", ...args], (services) => {
      const { workspace } = services.file;
      assert.ok(workspace !== null);
      services.file = {
        ...services.file,
        workspace: dashboard === undefined ? workspace : { ...workspace, dashboard },
      };
      played((_, options) => {
        seen = options;
        return Promise.resolve({ kind: "stopped" });
      })(services);
    });
    assert.equal(seen?.dashboard, expected, args.join(" "));
  }
});

Deno.test({ name: "every end has its exit code", permissions }, async () => {
  const ends: readonly (readonly [UpEnd, number])[] = [
    [{ kind: "stopped" }, 0],
    [{ kind: "interrupted" }, 130],
    [{ kind: "once", problems: [], missingTool: false }, 0],
    [{ kind: "once", problems: ["forward:db is blocked: port 5432 is in use"], missingTool: false }, 1],
    [{ kind: "once", problems: ["k3d is not there"], missingTool: true }, 69],
    [{ kind: "held", by: null }, 75],
    [{ kind: "failed", message: "Cannot write the state folder", help: "Set XDG_STATE_HOME" }, 1],
  ];
  for (const [end, expected] of ends) {
    const { code } = await cli(["up"], played(() => Promise.resolve(end)));
    assert.equal(code, expected, end.kind);
  }
});

Deno.test(
  { name: "off a terminal: a line an event, with where an Active forward is reached", permissions },
  async () => {
    const { out, err } = await cli(
      ["up"],
      played((daemon, { ui }) => {
        daemon.document = statusOf({
          forwards: [
            forward("web"),
            forward("db", { targetPort: "5432", route: "tunnel", listen: [{ host: "127.0.0.1", port: port(5432) }] }),
          ],
        });
        ui.started(daemon);
        daemon.emit({ key: "forward:web", status: "Starting", reason: "connecting", message: "connecting" });
        daemon.emit({ key: "forward:web", status: "Active", message: "NodePort 30080 answers" });
        daemon.emit({ key: "forward:db", status: "Active" });
        daemon.emit({ type: "diagnostic", status: "error", reason: "PF0031", message: "80800 is not a port" });
        ui.reloaded(loaded(null, [PROBLEM]));
        ui.note("log line");
        return Promise.resolve({ kind: "stopped" });
      }),
    );
    assert.equal(
      out,
      "12:30:05  forward:web  Starting  connecting\n" +
        "12:30:05  forward:web  Active  http://localhost:3000 is service default/web:80, direct  NodePort 30080 answers\n" +
        "12:30:05  forward:db  Active  127.0.0.1:5432 is service default/db:5432, tunnel\n",
    );
    assert.match(err, /log line\n/);
    assert.match(err, /error\[PF0031\][^]*The last good version stays in force\.\n$/);
  },
);

Deno.test(
  { name: "up -o json: an object a line, problems among them, and nothing else on stdout", permissions },
  async () => {
    const { out, err } = await cli(
      ["up", "-o", "json"],
      played((daemon, { ui }) => {
        ui.started(daemon);
        daemon.emit({ key: "forward:web", status: "Active", message: "two\nlines" });
        daemon.emit({ type: "diagnostic", status: "error", reason: "PF0031", message: "80800 is not a port" });
        ui.reloaded(loaded(null, [PROBLEM]));
        return Promise.resolve({ kind: "stopped" });
      }),
    );
    const lines = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map((line) => line.type), ["status", "diagnostic"]);
    assert.deepEqual(Object.keys(lines[0]), ["time", "type", "key", "status", "reason", "message"]);
    assert.equal(err, "");
  },
);

Deno.test({ name: "up -q: problems only, also on a terminal", permissions }, async () => {
  const { out } = await cli(["up", "-q"], (services) => {
    services.stdout.isTerminal = true;
    played((daemon, { ui }) => {
      ui.started(daemon);
      daemon.emit({ key: "forward:web", status: "Active" });
      daemon.emit({ key: "forward:web", status: "Reconnecting", reason: "no-endpoints", message: "no pod is ready" });
      return Promise.resolve({ kind: "stopped" });
    })(services);
  });
  assert.equal(
    out.replaceAll(/\p{Cc}\[\d+m/gu, ""),
    "12:30:05  forward:web  Reconnecting  no pod is ready  (no-endpoints)\n",
  );
});

Deno.test({ name: "the first interrupt drains, the second stops at once", permissions }, async () => {
  const seen: (readonly boolean[])[] = [];
  const { code, err } = await cli(
    ["up"],
    played((daemon, { ui, drain, now }, services) => {
      ui.started(daemon);
      seen.push([drain.aborted, now.aborted]);
      services.interrupt();
      seen.push([drain.aborted, now.aborted]);
      services.interrupt();
      seen.push([drain.aborted, now.aborted]);
      return Promise.resolve({ kind: "interrupted" });
    }),
  );
  assert.equal(code, 130);
  assert.deepEqual(seen, [[false, false], [true, false], [true, true]]);
  assert.equal(err, "Stopping; once more stops at once\n");
});

Deno.test(
  { name: "on a terminal: a screen that is redrawn in place, takes keys, and gives the terminal back", permissions },
  async () => {
    const { code, out, err, services } = await cli(["up", "--color", "never"], (services) => {
      services.stdout.isTerminal = true;
      played(async (daemon, { ui, drain }, services) => {
        ui.started(daemon);
        await until(() => /2 of 5 active/.test(services.stdout.text), "the first frame");
        const first = services.stdout.text;
        assert.match(first, /2 of 5 active/);
        assert.ok(first.includes("\u001b[?1049h"), "takes the second screen");
        assert.ok(first.includes("\u001b[?25l"), "hides the cursor");

        daemon.emit({ key: "forward:web", status: "Active", message: "switched" });
        await settle();
        assert.equal(services.stdout.text, first, "events are gathered before a frame is drawn");
        await services.clock.advance(100);
        const second = services.stdout.text.slice(first.length);
        assert.match(second, /switched/);
        assert.doesNotMatch(second, /NAMESPACE|ROUTE/, "lines that stay the same are not written again");

        services.keyboard.type("s");
        services.keyboard.type("o");
        services.keyboard.type("c");
        await until(() => services.keyboard.asked.length === 1, "the browser");
        assert.deepEqual(daemon.asked, ["stop web"]);
        assert.deepEqual(services.keyboard.asked, ["open http://localhost:3000"]);
        assert.ok(services.stdout.text.includes(`\u001b]52;c;${btoa("http://localhost:3000")}\u0007`));

        services.keyboard.type("e");
        await until(() => services.keyboard.asked.length === 2 && services.keyboard.read, "the keyboard to come back");
        assert.deepEqual(services.keyboard.asked.slice(1), ["edit forwards.yaml:1"]);

        const before = services.stdout.text.length;
        services.resize(40, 10);
        assert.ok(services.stdout.text.slice(before).includes("\u001b[2J"), "a resize draws all anew");
        services.keyboard.type("q");
        assert.ok(drain.aborted, "q does what Ctrl+C does");
        await until(() => /Stopping\. 2 open connections may/.test(services.stdout.text), "the drain to be shown");
        return { kind: "interrupted" };
      })(services);
    });
    assert.equal(code, 130);
    assert.ok(out.endsWith("\u001b[?7h\u001b[?25h\u001b[?1049l"), "gives back wrapping, cursor and screen");
    assert.equal(err, "");
    assert.ok(!services.keyboard.read);
    assert.equal(services.attached, 0);
    assert.equal(services.clock.pending, 0);
  },
);

Deno.test({ name: "a face that is left by a failure gives the terminal back too", permissions }, async () => {
  const { code, out, err, services } = await cli(["up"], (services) => {
    services.stdout.isTerminal = true;
    played(async (daemon, { ui }, services) => {
      ui.started(daemon);
      await until(() => services.stdout.text !== "", "the first frame");
      throw new Error("boom");
    })(services);
  });
  assert.equal(code, 1);
  assert.ok(out.endsWith("\u001b[?1049l"));
  assert.match(err, /Unexpected: Error: boom/);
  assert.equal(services.clock.pending, 0);
});

Deno.test({ name: "top: the same screen on a running one; q closes it and stops nothing", permissions }, async () => {
  const services = new FakeServices();
  const daemon = new FakeDaemon();
  const client = new FakeClient(daemon);
  services.stdout.isTerminal = true;
  services.running = client;
  const done = runCli(["top"], services);
  await until(() => /2 of 5 active/.test(services.stdout.text), "the first frame");
  services.keyboard.type("r");
  await until(() => daemon.asked.includes("restart web"), "the restart");
  services.keyboard.type("q");
  assert.equal(await done, 0);
  assert.equal(daemon.downs, 0);
  assert.ok(!client.asked.includes("down"));
  assert.ok(services.stdout.text.endsWith("\u001b[?1049l"));
  assert.ok(client.closed);
  assert.equal(services.attached, 0);
  assert.equal(services.clock.pending, 0);
});

Deno.test({ name: "top off a terminal says what to use", permissions }, async () => {
  const { code, err } = await cli(["top"]);
  assert.equal(code, 1);
  assert.match(err, /error: top needs a terminal\n {2}Use 'berth status --watch'/);
});

Deno.test({ name: "an interrupt while the file is read starts nothing", permissions }, async () => {
  let started = false;
  const { code } = await cli(["up"], (services) => {
    services.load = () => {
      services.interrupt();
      return Promise.resolve(loaded(workspaceOf("web")));
    };
    services.upping = () => {
      started = true;
      return Promise.resolve({ kind: "stopped" });
    };
  });
  assert.deepEqual([code, started], [130, false]);
});
