import { type Application, buildApplication, buildCommand, buildRouteMap, ExitCode, run, text_en } from "@stricli/core";
import { parseDuration } from "../config/durations.ts";
import { decideAscii, decideColor, makeTheme } from "../view/theme.ts";
import { COMPLETE_VERB } from "./completion_scripts.ts";
import { writeFailure } from "./console.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit_codes.ts";
import { routes } from "./routes.ts";
import type { CliServices } from "./services.ts";
import { usageWords } from "./usage_errors.ts";

/** Runs one command line (without the program's name) to its end. Resolves, never rejects, with the exit code. */
export async function runCli(argv: readonly string[], services: CliServices): Promise<number> {
  const { program } = services;
  let exitCode: number = EXIT.ok;
  let complaint = "";
  const [words, rest] = splitCommand(argv);
  const context: CliContext = {
    services,
    rest,
    exit: (code) => exitCode = code,
    process: {
      stdout: {
        write: (text) => services.stdout.write(text),
        getColorDepth: () => colored(services, "stdout") ? 4 : 1,
      },
      // The parser only writes complaints here; they are put into our form below.
      stderr: { write: (text) => complaint += text },
    },
  };
  const process: { exitCode?: number | string | null } = {};
  const app = buildCli(program);
  if (argv[0] === COMPLETE_VERB) {
    const partial = argv.slice(argv[1] === "--" ? 2 : 1);
    services.stdout.write(await (await import("./complete.ts")).completionLines(app, { words: partial, context }));
    return EXIT.ok;
  }
  await run(app, withValues(words), { ...context, process: Object.assign(process, context.process) });
  const parserCode = Number(process.exitCode ?? 0);
  if (parserCode === ExitCode.Success) return exitCode;

  const usage = parserCode === ExitCode.InvalidArgument || parserCode === ExitCode.UnknownCommand;
  const verb = words.find((word) => !word.startsWith("-"));
  const known = parserCode !== ExitCode.UnknownCommand && verb !== undefined;
  writeFailure(services.stderr, {
    code: usage ? "usage" : "internal-error",
    // The parser puts each complaint on a line.
    message: complaint.trim().split("\n").join("; "),
    help: usage ? `See '${program}${known ? ` ${verb}` : ""} --help'` : "This is a bug of berth. Please report it.",
    exit: EXIT.usage,
  }, {
    json: wantsJson(words),
    theme: makeTheme({ color: colored(services, "stderr"), ascii: decideAscii(reader(services)) }),
  });
  return usage ? EXIT.usage : EXIT.failed;
}

/** `exec` takes a command behind `--`: the parser would not tell where it begins. */
function splitCommand(argv: readonly string[]): readonly [readonly string[], readonly string[]] {
  const at = argv[0] === "exec" ? argv.indexOf("--") : -1;
  return at < 0 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
}

function buildCli(program: string): Application<CliContext> {
  const verbs = routes(program);
  const root = buildRouteMap<string, CliContext>({
    routes: {
      ...verbs,
      help: buildCommand<Record<never, never>, readonly string[], CliContext>({
        async func(_flags, ...words): Promise<void> {
          const [topic] = words;
          const known = [...Object.keys(verbs), "help"];
          if (topic === undefined || known.includes(topic)) {
            this.exit(await runCli([...words, "--help"], this.services));
          } else await (await import("./commands/help_topic.ts")).helpTopic.call(this, { topic, verbs: known });
        },
        parameters: {
          positional: {
            kind: "array",
            parameter: {
              brief: "A verb, or a key of forwards.yaml such as forwards.local; none for the list of verbs",
              parse: String,
              placeholder: "TOPIC",
              async proposeCompletions(partial): Promise<readonly string[]> {
                const { topicNames } = await import("./topics.ts");
                return [...Object.keys(verbs), ...topicNames(await this.services.schema())]
                  .filter((name) => name.startsWith(partial));
              },
            },
          },
        },
        docs: { brief: "Show help for a verb, or for a key of forwards.yaml" },
      }),
    },
    docs: {
      brief: "Give the services of Kubernetes clusters a fixed place on localhost",
      fullDescription: [
        "Gives the services of your Kubernetes clusters a fixed place on localhost, as forwards.yaml says.",
        "",
        "Start here:",
        `  ${program} validate    check forwards.yaml`,
        `  ${program} plan        see what would be done`,
        `  ${program} up          do it, and keep it so until Ctrl+C`,
        "",
        `Run '${program} VERB --help' for the flags of a verb.`,
      ].join("\n"),
    },
  });
  const formatting = {
    useAliasInUsageLine: false,
    onlyRequiredInUsageLine: false,
    caseStyle: "convert-camel-to-kebab",
  } as const;
  return buildApplication(root, {
    name: program,
    scanner: { caseStyle: "allow-kebab-for-camel", allowArgumentEscapeSequence: true },
    documentation: formatting,
    localization: {
      text: {
        ...text_en,
        noCommandRegisteredForInput: ({ input, corrections }) =>
          `No verb '${input}'${
            corrections.length === 0 ? "" : `. Did you mean ${corrections.join(" or ").replaceAll("`", "'")}?`
          }`,
        exceptionWhileParsingArguments: usageWords,
        exceptionWhileRunningCommand: (error) =>
          `Unexpected: ${error instanceof Error ? error.message : String(error)}`,
        exceptionWhileLoadingCommandFunction: (error) =>
          `Cannot load the command: ${error instanceof Error ? error.message : String(error)}`,
      },
    },
  }, {
    help: {
      flag: {
        brief: "Show this help",
        aliases: ["h"],
        global: true,
        defaultForRouteMap: true,
        run(app, { result: { target, prefix, aliases }, text, additionalFlags, ansiColorByStream }): void {
          const page = target.formatHelp({
            prefix,
            additionalFlags,
            includeArgumentEscapeSequenceFlag: false,
            includeHidden: false,
            config: formatting,
            aliases: aliases[formatting.caseStyle],
            text,
            ansiColor: ansiColorByStream.stdout,
          });
          this.process.stdout.write(target === app.root ? shortUsage(page, program) : optionalNames(page));
        },
      },
    },
    version: {
      flag: {
        brief: "Show the version",
        global: false,
        run: async function (): Promise<void> {
          const [{ version }, context] = [await import("./commands/version.ts"), this];
          if (isCliContext(context)) version.call(context, { output: "text" });
        },
      },
    },
  });
}

/** Flags of `up` that may be given without a value: what they mean then, and which next word is their value. */
const BARE = [
  { flag: "--wait", value: "30s", takes: (word: string) => parseDuration(word) !== undefined },
  { flag: "--dashboard", value: "0", takes: (word: string) => /^\d+$/.test(word) },
] as const;

/** Gives bare flags their value; the parser would take the next word for it, whatever that is. */
function withValues(argv: readonly string[]): readonly string[] {
  if (argv[0] !== "up") return argv;
  return BARE.reduce<readonly string[]>((words, { flag, value, takes }) => {
    const at = words.indexOf(flag);
    const end = words.indexOf("--");
    if (at < 0 || (end >= 0 && end < at)) return words;
    const next = words[at + 1] ?? "";
    const given = takes(next);
    return [...words.slice(0, at), `${flag}=${given ? next : value}`, ...words.slice(at + (given ? 2 : 1))];
  }, argv);
}

/** The list of verbs says what each is for; all their flags above it would only push it off the screen. */
function shortUsage(page: string, program: string): string {
  const end = page.indexOf("\n\n");
  return `${page.slice(0, page.indexOf("\n"))}\n  ${program} VERB [FLAGS] [NAME...]${page.slice(end)}`;
}

/** The parser writes words that may be left out as if they were needed. */
function optionalNames(page: string): string {
  return page.replace(/ <(NAME|TOPIC)>\.\.\.\n/, " [$1...]\n");
}

function isCliContext(context: object): context is CliContext {
  return "services" in context && "exit" in context;
}

/** Whether errors of this command line are to be JSON, also where it cannot be parsed. */
function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.some((word, at) =>
    word === "--output=json" || word === "-o=json" ||
    ((word === "-o" || word === "--output") && flags[at + 1] === "json")
  );
}

function colored(services: CliServices, stream: "stdout" | "stderr"): boolean {
  return decideColor("auto", { env: reader(services), isTerminal: services[stream].isTerminal });
}

function reader(services: CliServices): (name: string) => string | undefined {
  return (name) => services.env(name);
}
