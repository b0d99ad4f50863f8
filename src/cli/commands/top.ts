import type { ColorChoice } from "../../view/theme.ts";
import { Console, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { nothingRuns } from "../running.ts";
import { clientSource } from "../tui_source.ts";

/** The flags of `top`. */
export interface TopFlags {
  readonly file?: string;
  readonly color: ColorChoice;
}

/** Another process' status is read over its socket: it is asked this often at most. Milliseconds. */
const LOOK_EVERY = 250;

/** `top`: the screen of `up`, on one that runs already. */
export async function top(this: CliContext, flags: TopFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: false });
  const body = async (signal: AbortSignal): Promise<number> => {
    if (!services.stdout.isTerminal || services.env("TERM") === "dumb") {
      return console.fail({
        code: "no-terminal",
        message: "top needs a terminal",
        help: `Use '${services.program} status --watch'`,
        exit: EXIT.failed,
      });
    }
    const file = await services.locate(flags.file);
    if (file === null) return console.fail(noFile());
    const client = await services.connect(file, signal);
    if (client === null) return console.fail(nothingRuns(file, services));
    const [{ openTui }, { terminal, helpers }] = await Promise.all([import("../../tui/run.ts"), services.screen()]);
    const quit = new AbortController();
    try {
      const until = AbortSignal.any([signal, quit.signal]);
      const screen = openTui({
        mode: "top",
        source: clientSource(client, { services, file: flags.file, signal: until }),
        terminal,
        helpers,
        clock: services.clock,
        theme: console.theme("stdout"),
        offset: services.utcOffset,
        lookEvery: LOOK_EVERY,
        onQuit: () => quit.abort(),
      });
      await new Promise<void>((resolve) => until.addEventListener("abort", () => resolve(), { once: true }));
      screen.close();
      signal.throwIfAborted();
      return EXIT.ok;
    } finally {
      client.close();
    }
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
