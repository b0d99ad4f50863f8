import type { ControlClient } from "../../control/client.ts";
import { ControlError } from "../../control/control_error.ts";
import type { Event } from "../../model/status.ts";
import { eventJson, eventText } from "../../view/events_text.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console, noFile } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import type { CliServices } from "../services.ts";

/** The flags of `events`. */
export interface EventsFlags {
  readonly file?: string;
  readonly follow?: boolean;
  /** Milliseconds. */
  readonly since?: number;
  readonly forward?: string;
  readonly output: "table" | "json";
  readonly color: ColorChoice;
}

/** How often a new process is looked for while none runs, in milliseconds. */
const LOOK_EVERY = 500;
/** Events that are remembered so that none is shown twice. */
const REMEMBERED = 2_000;

/** `events`: what happened, in this and earlier runs; with `-f` also what happens, over restarts. */
export async function events(this: CliContext, flags: EventsFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const theme = console.theme("stdout");
  const body = async (signal: AbortSignal): Promise<number> => {
    const file = await services.locate(flags.file);
    if (file === null) return console.fail(noFile());
    const { forward, since } = flags;
    const query = {
      ...(since === undefined ? {} : { since: new Date(services.clock.now() - since).toISOString() }),
      ...(forward === undefined ? {} : { forward }),
    };
    const shown = new Shown();
    const show = (event: Event): void => {
      if (forward !== undefined && event.key !== `forward:${forward}`) return;
      if (!shown.add(event)) return;
      const line = console.json
        ? JSON.stringify(eventJson(event))
        : eventText(event, { theme, offset: services.utcOffset });
      console.out(`${line}\n`);
    };
    const past = async (): Promise<void> => (await services.history(file, query)).forEach(show);
    await past();
    while (flags.follow === true) {
      await follow(services, { file, show, past, signal });
      await services.clock.sleep(LOOK_EVERY, signal);
    }
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

/** Shows what one process tells, until it ends; nothing where none runs. */
async function follow(
  services: CliServices,
  { file, show, past, signal }: {
    readonly file: string;
    readonly show: (event: Event) => void;
    /** Shows what is kept and was not shown yet. */
    readonly past: () => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  let client: ControlClient | null = null;
  try {
    client = await services.connect(file, signal);
    if (client === null) return;
    for await (const message of client.events(signal)) {
      // The stream is open: nothing is lost between what is kept and what comes.
      if (message.kind === "snapshot") await past();
      else show(message.event);
    }
  } catch (error) {
    // It ended just now, and another one may come.
    if (signal.aborted || !(error instanceof ControlError) || error.failure === "protocol") throw error;
  } finally {
    client?.close();
  }
}

/** What was shown already. */
class Shown {
  readonly #seen = new Set<string>();

  /** False where it was. */
  add(event: Event): boolean {
    const text = JSON.stringify(eventJson(event));
    if (this.#seen.has(text)) return false;
    this.#seen.add(text);
    if (this.#seen.size > REMEMBERED) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return true;
  }
}
