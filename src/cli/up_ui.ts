import type { Daemon } from "../control/daemon_api.ts";
import type { Event } from "../model/status.ts";
import { eventJson, eventText, isBadEvent } from "../view/events_text.ts";
import { forwardText } from "../view/forward_text.ts";
import { statusProblems } from "../view/status_table.ts";
import type { Tui } from "../tui/run.ts";
import type { Theme } from "../view/theme.ts";
import { type Console, renderFile } from "./console.ts";
import { loadScreen } from "./load_screen.ts";
import type { CliServices, LoadedFile, UpUi } from "./services.ts";
import { daemonSource } from "./tui_source.ts";

/** A face of a running `up`. */
export interface UpFace extends UpUi {
  /** The first interrupt came: draining has begun. */
  draining(): void;
  /** Gives the terminal back. Called once, at the end. */
  end(): Promise<void>;
}

type Source = Pick<Daemon, "status" | "subscribe">;

/** The status of this process is looked at this often at most, however many events come. Milliseconds. */
const LOOK_EVERY = 100;

/** The face off a terminal, under `-q` or `-o json`: a line an event on stdout, diagnostics on stderr. */
export function lineFace(
  services: CliServices,
  { console, quiet }: { readonly console: Console; readonly quiet: boolean },
): UpFace {
  const theme = console.theme("stdout");
  const work = new Pending();
  let unsubscribe = (): void => {};
  return {
    started(daemon): void {
      unsubscribe = daemon.subscribe((event) => {
        if (quiet && !isBadEvent(event)) return;
        if (console.json) console.out(`${JSON.stringify(eventJson(event))}\n`);
        else if (event.type !== "diagnostic") {
          console.out(`${eventText(explained(event, daemon), { theme, offset: services.utcOffset })}\n`);
        }
      });
    },
    reloaded(loaded): void {
      // Under JSON a problem is an event of its own.
      if (!console.json) {
        work.add(showDiagnostics(loaded, { theme: console.theme("stderr"), write: (text) => console.err(text) }));
      }
    },
    note: (line) => console.say(line),
    draining(): void {
      if (!console.json && !quiet) console.say("Stopping; once more stops at once");
    },
    async end(): Promise<void> {
      unsubscribe();
      await work.done();
    },
  };
}

/** The face of a process in the background: what it has to say is in its log and its events. */
export function noFace(): UpFace {
  return {
    started: () => {},
    reloaded: () => {},
    note: () => {},
    draining: () => {},
    end: () => Promise.resolve(),
  };
}

/** The face on a terminal: a screen of its own, with keys. `interrupt`: what Ctrl+C does. */
export function screenFace(
  services: CliServices,
  { console, file, interrupt }: {
    readonly console: Console;
    /** As given on the command line. */
    readonly file: string | undefined;
    readonly interrupt: () => void;
  },
): UpFace {
  const work = new Pending();
  const notes: string[] = [];
  let daemon: Daemon | null = null;
  let screen: Tui | null = null;
  let drains = false;
  let ended = false;
  return {
    started(running): void {
      daemon = running;
      work.add((async () => {
        const open = await loadScreen(services, console);
        if (ended) return;
        screen = open({
          mode: "up",
          source: daemonSource(running, { services, file }),
          lookEvery: LOOK_EVERY,
          onQuit: interrupt,
        });
        for (const line of notes.splice(0)) screen.note(line);
        if (drains) screen.draining();
      })());
    },
    // The problems of the file are in the status, and so on the screen while they hold.
    reloaded: () => {},
    note: (line) => screen === null ? void notes.push(line) : screen.note(line),
    draining(): void {
      drains = true;
      screen?.draining();
    },
    async end(): Promise<void> {
      ended = true;
      await work.done();
      screen?.close();
      for (const line of notes) console.say(line);
      if (daemon !== null) {
        console.err(
          statusProblems(daemon.status(), { theme: console.theme("stderr"), width: console.width("stderr") }),
        );
      }
    },
  };
}

async function showDiagnostics(
  loaded: LoadedFile,
  { theme, write }: { readonly theme: Theme; readonly write: (text: string) => void },
): Promise<void> {
  if (loaded.diagnostics.length === 0) return;
  const rendered = await renderFile(loaded, theme);
  write(loaded.workspace === null ? `${rendered}The last good version stays in force.\n` : rendered);
}

/** An event that says a forward is Active, with where it can be reached: what the reader wants to know then. */
function explained(event: Event, daemon: Source): Event {
  if (event.type !== "status" || event.status !== "Active" || event.key === null) return event;
  const forward = daemon.status().forwards.find(({ name }) => `forward:${name}` === event.key);
  if (forward === undefined) return event;
  const where = forwardText(forward);
  return { ...event, message: event.message === "" ? where : `${where}  ${event.message}` };
}

/** Work that was begun and is waited for at the end. */
class Pending {
  #last: Promise<void> = Promise.resolve();

  add(work: Promise<void>): void {
    this.#last = Promise.all([this.#last, work]).then(() => {});
  }

  done(): Promise<void> {
    return this.#last;
  }
}
