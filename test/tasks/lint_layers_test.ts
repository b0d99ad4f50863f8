import assert from "node:assert/strict";
import plugin from "../../tasks/lint_layers.ts";
import { DOORS, ROOMS } from "../../tasks/layers.ts";

/** What the plugin says of a file, as `rule: message`. */
function lint(file: string, source: string): readonly string[] {
  return Deno.lint.runPlugin(plugin, file, source).map(({ id, message }) => `${id.replace("berth/", "")}: ${message}`);
}

const FAILS: readonly (readonly [file: string, source: string, expected: string])[] = [
  // Layers.
  ["src/model/key.ts", 'import "../engine/plan.ts";', "imports: model must not import engine: it may import nothing"],
  [
    "src/view/table.ts",
    'import { x } from "../config/parse.ts";',
    "imports: view must not import config: it may import model, diagnostics",
  ],
  [
    "src/engine/plan.ts",
    'import type { X } from "../resources/forward/kind.ts";',
    "imports: engine must not import resources: it may import model",
  ],
  [
    "src/forward/relay.ts",
    'export { x } from "../kube/tunnel.ts";',
    "imports: forward must not import kube: it may import model, conventions",
  ],
  [
    "src/kube/tunnel.ts",
    'export * from "../forward/relay.ts";',
    "imports: kube must not import forward: it may import model, conventions",
  ],
  [
    "src/state/lock.ts",
    'const x = await import("../host/clock.ts");',
    "imports: state must not import host: it may import model",
  ],
  [
    "src/host/clock.ts",
    'type X = import("../state/lock.ts").Lock;',
    "imports: host must not import state: it may import model, conventions",
  ],
  [
    "src/sandbox/server.ts",
    'import { x } from "../kube/tunnel.ts";',
    "imports: sandbox must not import kube: it may import model, conventions, kube/spdy",
  ],
  [
    "src/resources/forward/diff.ts",
    'import { x } from "../../forward/relay.ts";',
    "imports: resources must not import forward: it may import model, conventions, engine",
  ],
  [
    "src/control/server.ts",
    'import { x } from "../cli/app.ts";',
    "imports: control must not import cli: it may import model, conventions, diagnostics, config, engine",
  ],
  [
    "src/cli/app.ts",
    'import { x } from "../main.ts";',
    "imports: cli must not import src/main.ts: that file joins the rooms",
  ],
  [
    "src/model/key.ts",
    'import { x } from "../../test/fakes/clock.ts";',
    "imports: src must not import what is outside of it",
  ],
  [
    "src/attic/x.ts",
    'import { x } from "../model/key.ts";',
    "imports: room attic is not in tasks/layers.ts: say there what it may import",
  ],
  ["src/helpers.ts", 'import { x } from "./model/key.ts";', "imports: src/helpers.ts is in no room: move it into one"],
  // Doors.
  ["src/host/port_holder.ts", 'import $ from "dax";', "imports: only src/host/shell.ts imports dax"],
  [
    "src/kube/tunnel.ts",
    'import type { KubeConfig } from "@kubernetes/client-node";',
    "imports: only src/kube/auth_provider.ts imports @kubernetes/client-node",
  ],
  [
    "src/kube/tunnel.ts",
    'await import("npm:@kubernetes/client-node@2.0.1/dist/x.js");',
    "imports: only src/kube/auth_provider.ts imports @kubernetes/client-node",
  ],
  ["src/wiring/up.ts", 'import { run } from "@stricli/core";', "imports: only src/cli/ imports @stricli/core"],
  [
    "src/model/key.ts",
    'import { x } from "jsr:@std/path";',
    "imports: jsr:@std/path: name packages in deno.json, with their exact version",
  ],
  // Platform.
  ["src/engine/loop.ts", "Deno.cwd();", "platform: engine must not use Deno"],
  ["src/model/stream.ts", "export function f(_: Deno.Conn) {}", "platform: model must not use Deno"],
  ["src/config/parse.ts", "globalThis.Deno.cwd();", "platform: config must not use Deno"],
  ["src/view/table.ts", 'import { styleText } from "node:util";', "platform: view must not import node:util"],
  ["src/cli/app.ts", "Deno.exit(1);", "platform: cli must not use Deno"],
  ["src/mod.ts", "Deno.exit(1);", "platform: src/mod.ts must not use Deno"],
  // Time.
  ["src/forward/relay.ts", "setTimeout(() => {}, 5);", "time: no bare setTimeout"],
  ["src/kube/watch.ts", "const now = Date.now();", "time: no bare Date.now"],
  ["src/sandbox/store.ts", "const now = new Date();", "time: no bare new Date()"],
  ["src/sandbox/store.ts", "const x = Math.random();", "time: no bare Math.random"],
  ["src/state/lock.ts", "performance.now();", "time: no bare performance.now"],
  ["src/control/client.ts", "AbortSignal.timeout(5);", "time: no bare AbortSignal.timeout"],
  ["src/host/shell.ts", 'import { setTimeout } from "node:timers/promises";', "time: no node:timers/promises here"],
  ["src/main.ts", "setInterval(() => {}, 5);", "time: no bare setInterval"],
  // Names and shapes.
  [
    "src/model/key.ts",
    "export default 1;",
    "no-default-export: no default exports: a name says what it is, everywhere the same",
  ],
  [
    "test/fakes/clock.ts",
    "const x = 1; export { x as default };",
    "no-default-export: no default exports: a name says what it is, everywhere the same",
  ],
  ["src/model/index.ts", "export const x = 1;", "file-names: no index files: name the file after its concept"],
  ["src/model/portRange.ts", "export const x = 1;", "file-names: portRange.ts: file names are in snake_case"],
  ["src/model/op.ts", "export enum Op { A }", "no-enum: no enums: a union of literals is plain data"],
];

const PASSES: readonly (readonly [file: string, source: string])[] = [
  ["src/engine/plan.ts", 'import type { Plan } from "../model/plan.ts"; import { x } from "./triggers.ts";'],
  [
    "src/resources/forward/diff.ts",
    'import type { X } from "../../engine/resource_kind.ts"; import { y } from "./observe.ts";',
  ],
  ["src/sandbox/tunnel_server.ts", 'import { x } from "../kube/spdy/frames.ts";'],
  [
    "src/wiring/kinds.ts",
    'import { x } from "../kube/tunnel.ts"; import { y } from "../host/clock.ts"; Deno.cwd(); const r = Math.random;',
  ],
  ["src/main.ts", 'import { x } from "./wiring/up.ts"; Deno.exit(0);'],
  ["src/mod.ts", 'export { x } from "./config/parse.ts";'],
  ["src/cli/terminal.ts", "Deno.consoleSize();"],
  ["src/host/shell.ts", 'const { default: $ } = await import("dax"); Deno.stat("x");'],
  ["src/host/clock.ts", "setTimeout(() => {}, 5); Date.now(); performance.now();"],
  ["src/kube/auth_provider.ts", 'const x = await import("@kubernetes/client-node");'],
  ["src/cli/commands/up.ts", 'import { buildCommand } from "@stricli/core"; import { x } from "../../view/table.ts";'],
  ["src/telemetry/log.ts", 'import { getLogger } from "@logtape/logtape"; new Date(0); Date.UTC(2026, 0);'],
  ["src/engine/loop.ts", "const clock = { now: () => 0 }; clock.now(); clearTimeout(1);"],
  ["src/view/x.ts", 'export const text = "Deno.cwd() and setTimeout";'],
  ["test/engine/plan_test.ts", 'import { x } from "../../src/kube/tunnel.ts"; Deno.test("x", () => {}); Date.now();'],
  ["tasks/lint_layers.ts", "export default 1;"],
  ["tasks/schema.ts", 'import { x } from "../src/config/schema.ts"; Deno.exit(0);'],
];

for (const [file, source, expected] of FAILS) {
  Deno.test(`layers: refused in ${file}: ${source}`, () => assert.deepEqual(lint(file, source), [expected]));
}

for (const [file, source] of PASSES) {
  Deno.test(`layers: fine in ${file}: ${source}`, () => assert.deepEqual(lint(file, source), []));
}

Deno.test("layers: absolute paths, as deno lint gives them, mean the same", () => {
  const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
  assert.deepEqual(lint(`${root}src/engine/loop.ts`, "Deno.cwd();"), ["platform: engine must not use Deno"]);
});

Deno.test("layers: what a room may import exists, and no two rooms import each other", () => {
  const allows = (from: string, to: string) => {
    const imports = ROOMS[from]?.imports ?? [];
    return imports === "all" || imports.some((it) => it.split("/")[0] === to);
  };
  for (const [name, { imports }] of Object.entries(ROOMS)) {
    for (const other of imports === "all" ? [] : imports) {
      assert.ok(ROOMS[other.split("/")[0] ?? ""] !== undefined, `${name} -> ${other}`);
      assert.equal(allows(other, name), false, `${name} <-> ${other}`);
    }
  }
});

Deno.test("layers: every folder of src is a room, and every door is there", async () => {
  const source = new URL("../../src/", import.meta.url);
  for await (const entry of Deno.readDir(source)) {
    if (entry.isDirectory) assert.ok(ROOMS[entry.name] !== undefined, entry.name);
  }
  for (const door of Object.values(DOORS)) await Deno.stat(new URL(door, source));
});

Deno.test("layers: docs/architecture.md draws the rooms as they are", async () => {
  const text = await Deno.readTextFile(new URL("../../docs/architecture.md", import.meta.url));
  const drawn = [...text.matchAll(/^\| `(\w+)\/` +\|.*\| ([^|]+?) +\| (yes|no) +\|$/gm)].map((
    [, name, imports, system],
  ) => `${name}: ${imports}; ${system}`);
  const words = (imports: (typeof ROOMS)[string]["imports"]) =>
    imports === "all" ? "all" : imports.join(", ") || "nothing";
  assert.deepEqual(
    drawn.toSorted(),
    Object.entries(ROOMS).map(([name, { imports, platform }]) =>
      `${name}: ${words(imports)}; ${platform ? "yes" : "no"}`
    )
      .toSorted(),
  );
});
