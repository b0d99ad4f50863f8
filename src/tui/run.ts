import type { Outcome } from "../model/plan.ts";
import type { Clock } from "../model/world.ts";
import { shownTasks } from "../view/tasks_text.ts";
import type { Theme } from "../view/theme.ts";
import { frame } from "./frame.ts";
import { KeyDecoder } from "./keys.ts";
import { type Effect, initialState, type Message, type TuiState } from "./model.ts";
import { Screen } from "./screen.ts";
import type { TuiSource } from "./source.ts";
import type { Helpers, Terminal } from "./terminal.ts";
import { update } from "./update.ts";

/** What a screen is made of. */
export interface TuiOptions {
  readonly mode: "up" | "top";
  readonly source: TuiSource;
  readonly terminal: Terminal;
  readonly helpers: Helpers;
  readonly clock: Clock;
  readonly theme: Theme;
  /** Minutes east of UTC. */
  readonly offset: number;
  /** Events come in bursts: so many milliseconds pass at least between two looks at the status. */
  readonly lookEvery: number;
  /** The person asked to leave: in `up` this begins to drain, and a second time ends at once. */
  readonly onQuit: () => void;
}

/** A screen that is shown. */
export interface Tui {
  /** A line of the log. */
  note(line: string): void;
  /** Shows that stopping has begun. */
  draining(): void;
  /** Gives the terminal back. Repeated calls do nothing. */
  close(): void;
}

/** While something counts down or is under way, and while only ages grow. Milliseconds. */
const FAST_TICK = 1_000;
const SLOW_TICK = 5_000;
/** How long an ESC may wait for the rest of a sequence. Milliseconds. */
const ESCAPE_WAIT = 50;

/** Shows the screen, at once, until `close`. */
export function openTui(options: TuiOptions): Tui {
  const shown = new Shown(options);
  shown.open();
  return shown;
}

class Shown implements Tui {
  readonly #options: TuiOptions;
  readonly #screen: Screen;
  readonly #keys = new KeyDecoder();
  #state: TuiState;
  #detach: (() => void)[] = [];
  #releaseInput = (): void => {};
  #cancelTick = (): void => {};
  #cancelEscape = (): void => {};
  #cancelLook: (() => void) | null = null;
  #lookedAt = -Infinity;
  #looking = false;
  #lookAgain = false;
  #suspended = false;
  #closed = false;

  constructor(options: TuiOptions) {
    const { terminal, clock, mode, offset } = options;
    this.#options = options;
    this.#screen = new Screen((text) => terminal.write(text));
    this.#state = initialState({
      mode,
      keyboard: terminal.keyboard,
      size: terminal.size(),
      now: clock.now(),
      offset,
    });
  }

  open(): void {
    const { source, terminal } = this.#options;
    this.#screen.enter();
    this.#detach = [
      terminal.onCrash(() => this.close()),
      terminal.onResize(() => {
        this.#change({ kind: "resize", size: terminal.size() });
        this.#draw();
      }),
      source.subscribe({
        onEvent: (event) => {
          this.#change({ kind: "event", event });
          this.#soon();
        },
        onEnd: () => {
          this.#change({ kind: "ended" });
          this.#draw();
        },
      }),
    ];
    this.#listen();
    this.#look();
    this.#tick();
  }

  note(line: string): void {
    this.#change({ kind: "note", line });
    if (this.#state.view === "log") this.#soon();
  }

  draining(): void {
    this.#change({ kind: "draining" });
    this.#look();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const detach of this.#detach) detach();
    this.#releaseInput();
    this.#cancelTick();
    this.#cancelEscape();
    this.#cancelLook?.();
    this.#screen.leave();
  }

  #listen(): void {
    const { terminal, clock } = this.#options;
    if (!terminal.keyboard) return;
    this.#releaseInput = terminal.onInput((text) => {
      this.#cancelEscape();
      this.#type(this.#keys.push(text));
      if (this.#keys.pending) {
        this.#cancelEscape = clock.after(ESCAPE_WAIT, () => this.#type(this.#keys.flush()));
      }
    });
  }

  #type(keys: ReturnType<KeyDecoder["push"]>): void {
    if (keys.length === 0) return;
    for (const key of keys) this.#change({ kind: "key", key });
    this.#draw();
  }

  #change(message: Message): void {
    if (this.#closed) return;
    const { state, effects } = update(this.#state, message);
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #draw(): void {
    if (this.#closed || this.#suspended) return;
    const { size } = this.#state;
    this.#screen.draw(frame(this.#state, { ...size, theme: this.#options.theme }), size);
  }

  /** Ages grow and counters are read again. Fast only while something on the screen needs it. */
  #tick(): void {
    const { clock } = this.#options;
    const { document, tasks, draining, said, now } = this.#state;
    const fast = draining || said !== null || this.#state.view === "details" ||
      shownTasks(tasks, now).some(({ end }) => end === null) ||
      (document?.forwards.some(({ nextRetry }) => nextRetry !== null) ?? true);
    this.#cancelTick = clock.after(fast ? FAST_TICK : SLOW_TICK, () => {
      const { view, details } = this.#state;
      if (view === "details" && details !== null) this.#carryOut({ do: "details", name: details.name });
      this.#look();
      this.#tick();
    });
  }

  /** Looks at the status soon: not more often than `lookEvery`, however many events come. */
  #soon(): void {
    const { clock, lookEvery } = this.#options;
    this.#cancelLook ??= clock.after(Math.max(0, this.#lookedAt + lookEvery - clock.monotonic()), () => this.#look());
  }

  #look(): void {
    this.#cancelLook?.();
    this.#cancelLook = null;
    if (this.#closed) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    const { source, clock } = this.#options;
    this.#looking = true;
    this.#lookedAt = clock.monotonic();
    source.status().then((document) => this.#change({ kind: "status", document }), () => {
      // A berth that is gone says so by the end of its events.
    }).then(() => {
      this.#looking = false;
      this.#change({ kind: "tick", now: clock.now() });
      this.#draw();
      if (this.#lookAgain) this.#soon();
      this.#lookAgain = false;
    });
  }

  #carryOut(effect: Effect): void {
    const { source, helpers, onQuit } = this.#options;
    switch (effect.do) {
      case "quit":
        return onQuit();
      case "redraw":
        return this.#screen.forget();
      case "copy":
        return this.#screen.copy(effect.text);
      case "open":
        return this.#saying(helpers.open(effect.url));
      case "edit":
        return this.#saying(this.#edit(effect));
      case "control":
        return this.#saying(source.control(effect.name, effect.verb).then(controlProblem));
      case "details": {
        const { name } = effect;
        return this.#telling(
          source.details(name).then(
            (details) => ({ kind: "details", name, details }),
            (error: unknown) => ({ kind: "no-details", name, failure: words(error) }),
          ),
        );
      }
      case "plan":
        return this.#telling(
          source.plan().then(
            (plan) => ({ kind: "plan", plan }),
            (error: unknown) => ({ kind: "no-plan", failure: words(error) }),
          ),
        );
      case "approve": {
        const { keys } = effect;
        return this.#telling(
          source.approve(keys).then(
            () => ({ kind: "approved", count: keys.length }),
            (error: unknown) => ({ kind: "said", text: words(error), style: "bad" }),
          ),
        );
      }
      default:
        return effect satisfies never;
    }
  }

  #telling(message: Promise<Message>): void {
    void message.then((it) => {
      this.#change(it);
      this.#draw();
    });
  }

  /** Says what went wrong with it, if anything did. */
  #saying(outcome: Promise<string | null>): void {
    void outcome.catch(words).then((text) => {
      if (text !== null) this.#change({ kind: "said", text, style: "bad" });
      this.#look();
    });
  }

  /** Gives the terminal to the editor, and takes it back when that has ended. */
  async #edit({ name, at }: Extract<Effect, { readonly do: "edit" }>): Promise<string | null> {
    const { source, helpers, terminal } = this.#options;
    const file = this.#state.document?.workspace;
    if (file === undefined || this.#suspended) return null;
    const where = at ?? (name === null ? null : await source.where(name));
    this.#suspended = true;
    this.#releaseInput();
    this.#screen.leave();
    try {
      return await helpers.edit({ file: where?.file ?? file, line: where?.line ?? 1, column: where?.column ?? 1 });
    } finally {
      this.#suspended = false;
      if (!this.#closed) {
        this.#screen.enter();
        this.#change({ kind: "resize", size: terminal.size() });
        this.#listen();
      }
    }
  }
}

/** What kept a command from being carried out; null where it was, or its reason shows in the table. */
function controlProblem(outcome: Outcome): string | null {
  return outcome.status === "failed" || outcome.status === "blocked" ? outcome.message : null;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
