import type { ColorChoice } from "../../view/theme.ts";
import type { ControlClient } from "../../control/client.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { loadScreen } from "../load_screen.ts";
import { withRunning } from "../running.ts";
import type { CliServices } from "../services.ts";
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
    if (!console.live) {
      return console.fail({
        code: "no-terminal",
        message: "top needs a terminal",
        help: `Use '${services.program} status --watch'`,
        exit: EXIT.failed,
      });
    }
    return await withRunning(services, {
      file: flags.file,
      signal,
      fail: (failure) => console.fail(failure),
      use: (client) => watch(client, { services, console, file: flags.file, signal }),
    });
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

async function watch(
  client: ControlClient,
  { services, console, file, signal }: {
    readonly services: CliServices;
    readonly console: Console;
    readonly file: string | undefined;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const open = await loadScreen(services, console);
  const quit = new AbortController();
  const until = AbortSignal.any([signal, quit.signal]);
  const left = new Promise<void>((resolve) => until.addEventListener("abort", () => resolve(), { once: true }));
  signal.throwIfAborted();
  const screen = open({
    mode: "top",
    source: clientSource(client, { services, file, signal: until }),
    lookEvery: LOOK_EVERY,
    onQuit: () => quit.abort(),
  });
  try {
    await left;
  } finally {
    screen.close();
  }
  signal.throwIfAborted();
  return EXIT.ok;
}
