import type {
  Answer,
  CliServices,
  DetachedStart,
  LoadedFile,
  OwnClusters,
  ServiceFile,
  SurveyChoice,
  UpEnd,
  UpOptions,
  Versions,
} from "../../src/cli/services.ts";
import type { TextFiles } from "../../src/cli/text_files.ts";
import type { WorkspaceFiles } from "../../src/cli/editing.ts";
import { runCli } from "../../src/cli/app.ts";
import type { WorkspaceNames } from "../../src/config/name_scan.ts";
import type { ControlClient } from "../../src/control/client.ts";
import type { Diagnostic } from "../../src/diagnostics/diagnostic.ts";
import type { ChildEnd } from "../../src/model/child.ts";
import type { HistoryQuery } from "../../src/model/forward_details.ts";
import type { Outcome, Plan } from "../../src/model/plan.ts";
import type { Event } from "../../src/model/status.ts";
import type { Finding } from "../../src/model/doctor.ts";
import type { Survey } from "../../src/model/survey.ts";
import type { Workspace } from "../../src/model/workspace.ts";
import type { Helpers, Terminal } from "../../src/tui/terminal.ts";
import { FakeClock } from "../fakes/clock.ts";
import { forwardSpec } from "../fakes/specs.ts";
import { NOW, planOf } from "../view/fixtures.ts";
import type { FakeClient } from "../fakes/daemon.ts";
import { FakeKeyboard, FakeOutput } from "./fake_terminal.ts";

/** The text of the file that the diagnostic below points into. */
export const SOURCE = "version: 1\nforwards:\n  web: { local: 80800 }\n";

/** Its path. */
export const FILE = "/home/ana/shop/forwards.yaml";

/** A problem of that file. */
export const PROBLEM: Diagnostic = {
  code: "PF0031",
  severity: "error",
  message: "80800 is not a port",
  where: { file: FILE, line: 3, column: 17, length: 5 },
  label: "ports go from 1 to 65535",
  help: "pick a free port",
};

/** A workspace of forwards with these names. */
export function workspaceOf(...names: readonly string[]): Workspace {
  const where = { file: "forwards.yaml", line: 1, column: 1, length: 1 };
  return {
    file: FILE,
    clusters: new Map([["dev", { name: "dev", access: { kind: "sandbox" }, where }]]),
    forwards: names.map((name) => forwardSpec(name)),
  };
}

/** A file that is good, or, with problems, one that is not. */
export function loaded(workspace: Workspace | null, diagnostics: readonly Diagnostic[] = []): LoadedFile {
  const show = (path: string) => path === FILE ? "forwards.yaml" : path;
  return { file: FILE, shown: show(FILE), show, sources: new Map([[FILE, SOURCE]]), workspace, diagnostics };
}

/** The world of a command, in memory. Fields are set by the test before it runs the command. */
export class FakeServices implements CliServices {
  readonly program = "berth";
  readonly stdout = new FakeOutput();
  readonly stderr = new FakeOutput();
  readonly clock = new FakeClock(NOW);
  readonly utcOffset = 0;
  vars: Readonly<Record<string, string>> = {};
  window = { cols: 80, rows: 24 };
  file: LoadedFile = loaded(workspaceOf("web", "api", "db"));
  made: Plan = planOf([]);
  planning: (signal: AbortSignal) => Promise<Plan> = () => Promise.resolve(this.made);
  running: FakeClient | null = null;
  path: string | null = "forwards.yaml";
  upping: (options: UpOptions) => Promise<UpEnd> = () => Promise.resolve({ kind: "stopped" });
  readonly #interrupts = new Set<() => void>();
  readonly #resizes = new Set<() => void>();

  env(name: string): string | undefined {
    return this.vars[name];
  }

  size(): { readonly cols: number; readonly rows: number } {
    return this.window;
  }

  onResize(listener: () => void): () => void {
    this.#resizes.add(listener);
    return () => this.#resizes.delete(listener);
  }

  resize(cols: number, rows: number): void {
    this.window = { cols, rows };
    for (const listener of this.#resizes) listener();
  }

  onInterrupt(listener: () => void): () => void {
    this.#interrupts.add(listener);
    return () => this.#interrupts.delete(listener);
  }

  interrupt(): void {
    for (const listener of this.#interrupts) listener();
  }

  /** Listeners that were not let go of. */
  get attached(): number {
    return this.#interrupts.size + this.#resizes.size;
  }

  versions(): Versions {
    return { version: "0.1.0", deno: "2.9.6", v8: "15.0", typescript: "6.0.3", os: "linux", arch: "x86_64" };
  }

  load(): Promise<LoadedFile> {
    return Promise.resolve(this.file);
  }

  plan(_loaded: LoadedFile, signal: AbortSignal): Promise<Plan> {
    return this.planning(signal);
  }

  up(options: UpOptions): Promise<UpEnd> {
    return this.upping(options);
  }

  locate(file: string | undefined): Promise<string | null> {
    return Promise.resolve(file ?? this.path);
  }

  connect(): Promise<ControlClient | null> {
    return Promise.resolve(this.running);
  }

  /** Who was waited for after a `down`. */
  readonly releases: number[] = [];

  released(_file: string, { pid }: { readonly pid: number }): Promise<void> {
    this.releases.push(pid);
    return Promise.resolve();
  }

  /** What was started in the background, and how that goes. */
  readonly started: string[] = [];
  starting: DetachedStart = { kind: "running", pid: 4711 };
  past: readonly Event[] = [];
  lines: readonly string[] = [];

  background(args: readonly string[]): Promise<DetachedStart> {
    this.started.push(args.join(" "));
    return Promise.resolve(this.starting);
  }

  unit: ServiceFile | null = null;

  service(): Promise<ServiceFile | null> {
    return Promise.resolve(this.unit);
  }

  history(_file: string, query: HistoryQuery): Promise<readonly Event[]> {
    const since = query.since ?? "";
    return Promise.resolve(this.past.filter(({ time }) => time >= since));
  }

  async *log(): AsyncGenerator<string> {
    for (const line of this.lines) yield await Promise.resolve(line);
  }

  /** Clusters of the workspace, and what was done to them. */
  own: readonly string[] = [];
  ending: (name: string) => Outcome = () => ({ status: "done" });
  finding: OwnClusters | null = null;
  answer: Answer = "cannot-ask";
  readonly asked: string[] = [];
  readonly ended: string[] = [];

  clusters(): Promise<OwnClusters> {
    return Promise.resolve(
      this.finding ?? {
        kind: "found",
        names: this.own,
        end: (name, how) => {
          this.ended.push(`${how} ${name}`);
          return Promise.resolve(this.ending(name));
        },
        [Symbol.asyncDispose]: () => {
          this.ended.push("let go");
          return Promise.resolve();
        },
      },
    );
  }

  confirm(question: string): Answer {
    this.asked.push(question);
    return this.answer;
  }

  /** What is on the disk, by path; `-` is the standard input. */
  readonly disk = new Map<string, string>();
  readonly texts: TextFiles = {
    read: (path) => {
      const text = this.disk.get(path);
      return Promise.resolve(
        text === undefined
          ? { kind: "failed", message: `Cannot read '${path}': no such file or folder` }
          : { kind: "text", text },
      );
    },
    write: (path, text, { replace }) => {
      if (this.disk.has(path) && !replace) return Promise.resolve({ kind: "exists", shown: path });
      this.disk.set(path, text);
      return Promise.resolve({ kind: "written", shown: path });
    },
  };

  /** What the person types at each question, in order; nothing more: the input ended. Null: there is no terminal. */
  typed: string[] | null = null;

  ask(question: string): { readonly answer: string } | "gone" | "cannot-ask" {
    this.asked.push(question);
    if (this.typed === null) return "cannot-ask";
    const answer = this.typed.shift();
    return answer === undefined ? "gone" : { answer };
  }

  /** What the cluster has; an error: why it cannot be looked at. */
  surveyed: Survey | Error = { namespaces: [], services: [], tasks: [] };
  readonly surveys: SurveyChoice[] = [];

  survey(choice: SurveyChoice): Promise<Survey> {
    this.surveys.push(choice);
    return this.surveyed instanceof Error ? Promise.reject(this.surveyed) : Promise.resolve(this.surveyed);
  }

  /** What the person types, and what an editor or a browser was asked for. */
  readonly keyboard = new FakeKeyboard();

  screen(): Promise<{ readonly terminal: Terminal; readonly helpers: Helpers }> {
    const { keyboard } = this;
    return Promise.resolve({
      terminal: {
        write: (text) => this.stdout.write(text),
        size: () => this.size(),
        onResize: (listener) => this.onResize(listener),
        keyboard: true,
        onInput: (listener) => keyboard.listen(listener),
        onCrash: () => () => {},
      },
      helpers: {
        edit: ({ file, line }) => keyboard.help(`edit ${file}:${line}`),
        open: (url) => keyboard.help(`open ${url}`),
      },
    });
  }

  findings: readonly Finding[] = [];

  examine(): Promise<readonly Finding[]> {
    return Promise.resolve(this.findings);
  }

  /** What the edited file is found to be: by its path and its text. */
  checking: (change: { readonly path: string; readonly text: string | null }) => LoadedFile = () => this.file;
  readonly written = new Map<string, string>();
  writeProblem: string | null = null;
  readonly files: WorkspaceFiles = {
    check: (_file, change) => Promise.resolve(this.checking(change)),
    write: (path, text) => {
      if (this.writeProblem === null) this.written.set(path, text);
      return Promise.resolve(this.writeProblem);
    },
  };
  times: ReadonlyMap<string, string> = new Map();
  childEnd: ChildEnd = { kind: "exited", code: 0 };
  child: { readonly argv: readonly string[]; readonly env: ReadonlyMap<string, string> } | null = null;
  browser = false;
  readonly opened: string[] = [];

  created(): Promise<ReadonlyMap<string, string>> {
    return Promise.resolve(this.times);
  }

  runChild(
    argv: readonly string[],
    { env, begin }: { readonly env: ReadonlyMap<string, string>; readonly begin: () => void },
  ): Promise<ChildEnd> {
    begin();
    this.child = { argv, env };
    return Promise.resolve(this.childEnd);
  }

  openUrl(url: string): Promise<boolean> {
    this.opened.push(url);
    return Promise.resolve(this.browser);
  }

  names(): Promise<WorkspaceNames> {
    const forwards = this.file.workspace?.forwards.map(({ name }) => name) ?? [];
    return Promise.resolve({ forwards, clusters: ["dev", "staging"], profiles: ["frontend", "full"] });
  }

  schema(): Promise<{ readonly $schema: string }> {
    return Promise.resolve({ $schema: "http://json-schema.org/draft-07/schema#" });
  }
}

/** Runs a command line in a fake world; `set` prepares that. */
export async function cli(
  argv: readonly string[],
  set: (services: FakeServices) => void = () => {},
): Promise<{ readonly code: number; readonly out: string; readonly err: string; readonly services: FakeServices }> {
  const services = new FakeServices();
  set(services);
  const code = await runCli(argv, services);
  return { code, out: services.stdout.text, err: services.stderr.text, services };
}
