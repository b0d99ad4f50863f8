/** `deno task up` with Deno's OpenTelemetry, before a receiver of OTLP over HTTP on loopback: what comes, and what must not. */
import assert from "node:assert/strict";
import { until } from "../fakes/until.ts";
import { openTelemetry } from "../../src/wiring/open_telemetry.ts";
import { freePort } from "./rig.ts";

Deno.test("what is exported, by Deno's variables", () => {
  const of = (variables: Readonly<Record<string, string>>) => openTelemetry((name) => variables[name]);
  const nothing = { spans: false, console: false };
  assert.deepEqual(of({}), nothing);
  assert.deepEqual(of({ OTEL_DENO: "1", OTEL_DENO_CONSOLE: "replace" }), nothing);
  assert.deepEqual(of({ OTEL_DENO: "false" }), nothing);
  assert.deepEqual(of({ OTEL_DENO: "True" }), { spans: true, console: false });
  assert.deepEqual(of({ OTEL_DENO: "true", OTEL_SDK_DISABLED: "true", OTEL_DENO_CONSOLE: "replace" }), nothing);
  assert.deepEqual(of({ OTEL_DENO: "true", OTEL_DENO_TRACING: "false", OTEL_DENO_CONSOLE: "replace" }), {
    spans: false,
    console: true,
  });
});

const ROOT = new URL("../..", import.meta.url).pathname;

/** What came, by kind of signal, as JSON. */
class Receiver implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly got = { traces: "", metrics: "", logs: "" };

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const body = await request.text();
      for (const kind of ["traces", "metrics", "logs"] as const) {
        if (new URL(request.url).pathname === `/v1/${kind}`) this.got[kind] += `${body}\n`;
      }
      return Response.json({});
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server.shutdown();
  }
}

for (const tracing of [true, false]) {
  Deno.test(`OpenTelemetry, ${tracing ? "with" : "without"} spans`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "berth-otel-" });
    await using receiver = new Receiver();
    const { got } = receiver;
    await Deno.writeTextFile(
      `${folder}/forwards.yaml`,
      "version: 1\nclusters: { play: { sandbox: {} } }\n" +
        `forwards:\n  web: { service: default/web, port: 80, local: ${freePort()} }\n`,
    );
    const up = new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "up", "-f", `${folder}/forwards.yaml`, "--dashboard"],
      cwd: ROOT,
      env: {
        INIT_CWD: folder,
        XDG_STATE_HOME: `${folder}/state`,
        XDG_RUNTIME_DIR: `${folder}/run`,
        OTEL_DENO: "true",
        OTEL_DENO_TRACING: String(tracing),
        OTEL_DENO_CONSOLE: "replace",
        OTEL_SERVICE_NAME: "berth",
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
        OTEL_METRIC_EXPORT_INTERVAL: "500",
        OTEL_BSP_SCHEDULE_DELAY: "200",
        OTEL_BLRP_SCHEDULE_DELAY: "200",
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const said = Promise.all([new Response(up.stdout).text(), new Response(up.stderr).text()]);
    try {
      const wanted = () => [
        got.logs.includes('\\"reconcile\\":1') && got.logs.includes("direct to"),
        got.metrics.includes('"v8js.memory.heap.size"'),
        !tracing || got.traces.includes("/api/v1/namespaces/default/pods"),
        got.metrics.includes('"service.name"'),
      ];
      await until(() => wanted().every((one) => one), () => `logs, metrics, spans, name: ${wanted().join()}`);
    } finally {
      up.kill("SIGINT");
      await up.status;
      await said;
      await Deno.remove(folder, { recursive: true });
    }
    const [out, err] = await said;
    assert.doesNotMatch(out + err, /"room":/, "what is exported is not printed as well");
    if (tracing) {
      assert.match(err, /The web page cannot be served: OpenTelemetry's spans would carry the token/);
      assert.doesNotMatch(err, /Web page: http/);
    } else {
      assert.match(err, /Web page: http/);
      assert.equal(got.traces, "");
    }
    assert.doesNotMatch(got.traces + got.metrics + got.logs, /token=|authorization|Bearer/i);
  });
}
