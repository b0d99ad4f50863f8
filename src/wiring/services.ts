import type { CliServices, Output, UpOptions } from "../cli/services.ts";
import { systemClock } from "../host/clock.ts";
import { createShell } from "../host/shell.ts";
import { NO_LOG } from "../model/no_log.ts";
import type { Log } from "../model/world.ts";
import type { LogOutput } from "../telemetry/log.ts";
import { VERSION } from "../version.ts";
import type { Host } from "./host.ts";
import { openTelemetry } from "./open_telemetry.ts";

/** The real world, as the commands see it. Heavy modules are imported inside the calls that need them. */
export function realServices(): CliServices {
  const clock = systemClock();
  const env = (name: string) => Deno.env.get(name);
  const logs = new LateLog();
  // Tasks run in the project's folder; the person who typed the command was in this one.
  const cwd = env("INIT_CWD") ?? Deno.cwd();
  const host: Host = {
    clock,
    random: Math.random,
    shell: createShell({ clock, env }),
    env,
    home: env("HOME") ?? cwd,
    cwd,
    pid: Deno.pid,
    log: (room) => logs.room(room),
  };
  const services: CliServices = {
    program: env("BERTH_PROGRAM") ?? "berth",
    stdout: output(Deno.stdout),
    stderr: output(Deno.stderr),
    clock,
    utcOffset: -new Date(clock.now()).getTimezoneOffset(),
    env,
    size: () => {
      try {
        const { columns, rows } = Deno.consoleSize();
        return { cols: columns, rows };
      } catch {
        return { cols: 80, rows: 24 };
      }
    },
    onResize: (listener) => onSignal(["SIGWINCH"], listener),
    onInterrupt: (listener) => onSignal(["SIGINT", "SIGTERM"], listener),
    versions: () => ({
      version: VERSION,
      deno: Deno.version.deno,
      v8: Deno.version.v8,
      typescript: Deno.version.typescript,
      os: Deno.build.os,
      arch: Deno.build.arch,
    }),
    load: async (file) => await (await import("./workspace_files.ts")).loadFile(host, file),
    locate: async (file) => await (await import("./locate.ts")).locateFile(host.cwd, file),
    plan: async (loaded, signal) => await (await import("./plan.ts")).makePlan(host, loaded, signal),
    up: async (options) => {
      await logs.start(host, options);
      return await (await import("./up.ts")).runUp(host, options);
    },
    background: async (args, file, signal) =>
      await (await import("./detach.ts")).startBackground(host, { args, file, signal }),
    service: async (file) => await (await import("./service_file.ts")).serviceFile(host, file),
    history: async (file, query) => {
      const [{ statePaths }, { openHistory }] = await Promise.all([
        import("./locate.ts"),
        import("../state/history.ts"),
      ]);
      return await openHistory((await statePaths(host, file)).history).read(query);
    },
    log: async function* (file, { follow, signal }) {
      const [{ statePaths }, { readLogFile }] = await Promise.all([
        import("./locate.ts"),
        import("../state/log_file.ts"),
      ]);
      yield* readLogFile((await statePaths(host, file)).log, { follow, clock, signal });
    },
    connect: async (file, signal) => {
      const [{ statePaths }, { connectControl }] = await Promise.all([
        import("./locate.ts"),
        import("../control/client.ts"),
      ]);
      return await connectControl((await statePaths(host, file)).socket, { clock, signal });
    },
    released: async (file, { pid, signal }) =>
      await (await import("./locate.ts")).awaitRelease(host, file, { pid, signal }),
    clusters: async (file, signal) => await (await import("./own_clusters.ts")).findOwnClusters(host, file, signal),
    confirm: (question) => {
      if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return "cannot-ask";
      const answer = prompt(question);
      if (answer === null) return "gone";
      return /^y(es)?$/i.test(answer.trim()) ? "yes" : "no";
    },
    ask: (question) => {
      if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return "cannot-ask";
      const answer = prompt(question);
      return answer === null ? "gone" : { answer };
    },
    survey: async (choice, signal) => await (await import("./survey.ts")).survey(host, choice, signal),
    examine: async (file, signal) => await (await import("./doctor.ts")).runDoctor(host, file, signal),
    names: async () => await (await import("./names.ts")).workspaceNames(host, undefined),
    texts: {
      read: async (path) => await (await import("./text_files.ts")).diskTexts(cwd).read(path),
      write: async (path, text, options) =>
        await (await import("./text_files.ts")).diskTexts(cwd).write(path, text, options),
    },
    files: {
      check: async (file, change) =>
        await (await import("./workspace_files.ts")).loadChanged(host, { file, ...change }),
      write: async (path, text) => {
        const [{ replaceText }, { StateError }] = await Promise.all([
          import("../state/replace_text.ts"),
          import("../state/atomic_json.ts"),
        ]);
        try {
          await replaceText(path, text);
          return null;
        } catch (error) {
          if (error instanceof StateError) return error.message;
          throw error;
        }
      },
    },
    created: async (file) => {
      const [{ statePaths }, { openCreated }] = await Promise.all([
        import("./locate.ts"),
        import("../state/created.ts"),
      ]);
      return (await openCreated((await statePaths(host, file)).created)).all();
    },
    runChild: async (argv, { env: variables, begin }) => {
      const { runChild } = await import("../host/child.ts");
      return await runChild(argv, { env: variables, isTerminal: Deno.stdin.isTerminal(), begin });
    },
    openUrl: async (url, signal) =>
      await (await import("../host/browser.ts")).openUrl(url, { shell: host.shell, env, signal }),
    schema: async () => (await import("../config/json_schema.ts")).jsonSchema(),
    screen: async () => {
      const [{ processTerminal }, { screenHelpers }] = await Promise.all([
        import("./terminal.ts"),
        import("./screen_helpers.ts"),
      ]);
      return { terminal: processTerminal(services), helpers: screenHelpers(host) };
    },
  };
  return services;
}

function output(stream: { writeSync(bytes: Uint8Array): number; isTerminal(): boolean }): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    write(text) {
      let bytes = encoder.encode(text);
      try {
        while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
      } catch (error) {
        // The reader of a pipe has gone, as `head` does: there is nobody to tell.
        if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      }
    },
  };
}

function onSignal(signals: readonly Deno.Signal[], listener: () => void): () => void {
  for (const signal of signals) Deno.addSignalListener(signal, listener);
  return () => {
    for (const signal of signals) Deno.removeSignalListener(signal, listener);
  };
}

/** A log that goes nowhere until it is started: most verbs never load the library behind it. */
class LateLog {
  #started: ((room: string) => Log) | null = null;

  room(name: string): Log {
    const to = () => this.#started?.(name) ?? NO_LOG;
    return {
      debug: (message, fields) => to().debug(message, fields),
      info: (message, fields) => to().info(message, fields),
      warn: (message, fields) => to().warn(message, fields),
      error: (message, fields) => to().error(message, fields),
    };
  }

  /** To the workspace's file; under `-v` also to the face. */
  async start(host: Host, { loaded, verbose, ui }: UpOptions): Promise<void> {
    const [{ startLog }, { openLogFile }, { statePaths }] = await Promise.all([
      import("../telemetry/log.ts"),
      import("../state/log_file.ts"),
      import("./locate.ts"),
    ]);
    const path = (await statePaths(host, loaded.workspace.file)).log;
    const file = await openLogFile(path).catch((error: unknown) => {
      ui.note(`No log is kept: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    });
    const outputs: LogOutput[] = [];
    if (file !== null) {
      outputs.push({ sink: (line) => file.write(line), format: "json", level: verbose ? "debug" : "info" });
    }
    if (verbose) outputs.push({ sink: (line) => ui.note(line), format: "text", level: "debug" });
    if (openTelemetry(host.env).console) {
      // deno-lint-ignore no-console -- Deno exports what goes there; it is printed nowhere.
      outputs.push({ sink: (line, level) => console[level](line), format: "json", level: verbose ? "debug" : "info" });
    }
    const system = startLog(outputs, host.clock);
    const rooms = new Map<string, Log>();
    this.#started = (name) => {
      const made = rooms.get(name) ?? system.room(name);
      rooms.set(name, made);
      return made;
    };
  }
}
