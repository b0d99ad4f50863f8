import type { Daemon } from "../control/daemon_api.ts";
import type { Event } from "../model/status.ts";
import { eventJson, eventText, isBadEvent } from "../view/events_text.ts";
import { forwardText } from "../view/forward_text.ts";
import { frame } from "../view/live_table.ts";
import { statusProblems } from "../view/status_table.ts";
import { makeTheme, type Theme } from "../view/theme.ts";
import { type Console, renderFile } from "./console.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { CliServices, LoadedFile, UpUi } from "./services.ts";

/** A face of a running `up`. */
export interface UpFace extends UpUi {
  /** The first interrupt came: draining has begun. */
  draining(): void;
  /** Gives the terminal back. Called once, at the end. */
  end(): Promise<void>;
}

type Source = Pick<Daemon, "status" | "subscribe">;

/** How many lines of events the live face keeps for its frames. */
const KEPT_EVENTS = 50;
/** Events come in bursts; a frame is drawn at most this often. Milliseconds. */
const REDRAW_AFTER = 50;
/** Ages and countdowns move once a second. */
const TICK = 1_000;

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

/** The face on a terminal: the live table with the last events under it. */
export function liveFace(services: CliServices, { console }: { readonly console: Console }): UpFace {
  const { clock } = services;
  const theme = console.theme("stdout");
  const plain = makeTheme({ color: false, ascii: theme.ascii });
  const writer = new FrameWriter(services.stdout, () => services.size());
  const work = new Pending();
  const events: string[] = [];
  let hint = "Ctrl+C stops";
  let source: Source | null = null;
  let detach: readonly (() => void)[] = [];
  let cancelTick = (): void => {};
  let cancelRedraw: (() => void) | null = null;

  const draw = (): void => {
    if (source === null) return;
    const { cols, rows } = services.size();
    writer.draw(frame(source.status(), { cols, rows, theme, now: clock.now(), events, hint }));
  };
  const soon = (): void => {
    cancelRedraw ??= clock.after(REDRAW_AFTER, () => {
      cancelRedraw = null;
      draw();
    });
  };
  const tick = (): void => {
    draw();
    cancelTick = clock.after(TICK, tick);
  };

  return {
    started(daemon): void {
      source = daemon;
      detach = [
        daemon.subscribe((event) => {
          // `reloaded` shows it whole above the table, and the table keeps it while it holds.
          if (event.type === "diagnostic") return;
          events.push(eventText(event, { theme: plain, offset: services.utcOffset }));
          if (events.length > KEPT_EVENTS) events.shift();
          soon();
        }),
        services.onResize(draw),
      ];
      tick();
    },
    reloaded(loaded): void {
      work.add(showDiagnostics(loaded, { theme, write: (text) => writer.above(text) }));
      soon();
    },
    note: (line) => writer.above(line),
    draining(): void {
      hint = "Stopping: open connections may finish. Ctrl+C again stops at once";
      draw();
    },
    async end(): Promise<void> {
      await work.done();
      cancelTick();
      cancelRedraw?.();
      for (const each of detach) each();
      draw();
      writer.end();
      // The last frame may have had no room for all of it.
      if (source !== null) {
        console.err(
          statusProblems(source.status(), { theme: console.theme("stderr"), width: console.width("stderr") }),
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
