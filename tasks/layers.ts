/** Who may import whom, and who may touch what: the rooms under `src/` as docs/architecture.md draws them. Data for `lint_layers.ts`. */

/** What one room may do. */
export interface Room {
  /** Rooms, or folders of rooms, that it may import from beside itself; `all` where everything is joined. */
  readonly imports: readonly string[] | "all";
  /** Whether it may use `Deno` and `node:` modules: an adapter to the world. */
  readonly platform: boolean;
}

/** Every room, by its folder under `src/`. */
export const ROOMS: Readonly<Record<string, Room>> = {
  model: { imports: [], platform: false },
  conventions: { imports: ["model"], platform: false },
  diagnostics: { imports: ["model"], platform: false },
  config: { imports: ["model", "conventions", "diagnostics"], platform: false },
  engine: { imports: ["model"], platform: false },
  resources: { imports: ["model", "conventions", "engine"], platform: false },
  doctor: { imports: ["model"], platform: false },
  draft: { imports: ["model", "conventions", "config"], platform: false },
  view: { imports: ["model", "diagnostics"], platform: false },
  telemetry: { imports: ["model"], platform: false },
  kube: { imports: ["model", "conventions"], platform: true },
  k3d: { imports: ["model"], platform: false },
  forward: { imports: ["model", "conventions"], platform: true },
  host: { imports: ["model", "conventions"], platform: true },
  state: { imports: ["model"], platform: true },
  sandbox: { imports: ["model", "conventions", "kube/spdy"], platform: true },
  control: { imports: ["model", "conventions", "diagnostics", "config", "engine"], platform: true },
  cli: {
    imports: ["model", "conventions", "diagnostics", "config", "engine", "control", "draft", "view", "tui"],
    platform: false,
  },
  tui: { imports: ["model", "view"], platform: false },
  dashboard: { imports: ["model", "view"], platform: true },
  wiring: { imports: "all", platform: true },
};

/** Files directly under `src/` that join the rooms. */
export const ROOTS: readonly string[] = ["main.ts", "mod.ts"];

/** Files that may use `Deno` though their room may not: the adapter to the terminal. */
export const PLATFORM_FILES: readonly string[] = ["main.ts", "cli/terminal.ts"];

/** Packages with one door: the only file, or folder, that may import them. */
export const DOORS: Readonly<Record<string, string>> = {
  "dax": "host/shell.ts",
  "@kubernetes/client-node": "kube/auth_provider.ts",
  "@logtape/logtape": "telemetry/log.ts",
  "@stricli/core": "cli/",
  "prom-client": "telemetry/metrics.ts",
};

/** Where time and chance come from; everybody else gets a `Clock` and a `Random`. The page runs in a browser. */
export const TIME_FILES: readonly string[] = [
  "host/clock.ts",
  ...["page", "text", "views"].map((name) => `dashboard/page/${name}.js`),
];
