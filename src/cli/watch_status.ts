import type { ControlClient } from "../control/client.ts";
import type { StatusDocument } from "../model/status_document.ts";
import type { Clock } from "../model/world.ts";
import { frame } from "../view/live_table.ts";
import { statusJson } from "../view/status_json.ts";
import { TABLE_COLUMNS, WIDE_COLUMNS } from "../view/forward_columns.ts";
import { layOutForwards } from "../view/status_rows.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import { FrameWriter } from "./frame_writer.ts";
import type { CliServices } from "./services.ts";

/** On a terminal ages and countdowns move, and counters are read again, once a second. */
const TICK = 1_000;

/** What `watchStatus` needs. */
export interface WatchOptions {
  readonly console: Console;
  readonly client: ControlClient;
  /** Only these forwards; empty: all. */
  readonly names: readonly string[];
  readonly output: "table" | "wide" | "json";
  readonly file: string;
  readonly signal: AbortSignal;
}

/** The document with the forwards of these names alone; no names: all. */
export function only(document: StatusDocument, names: readonly string[]): StatusDocument {
  if (names.length === 0) return document;
  return { ...document, forwards: document.forwards.filter(({ name }) => names.includes(name)) };
}

/**
 * Shows the status again at each change, until the signal or the end of the other process: a live table on a terminal; off
 * one the table, then a row for each forward that changed; under JSON a document a line. Returns the exit code.
 */
export async function watchStatus(services: CliServices, options: WatchOptions): Promise<number> {
  const { console, client, names, output, file, signal } = options;
  const { clock } = services;
  const { live } = console;
  const shown = live
    ? liveView(services, options)
    : output === "json"
    ? jsonView(options)
    : rowsView(services, options);
  const news = new News(clock);
  const reading = (async () => {
    for await (const _ of client.events(signal)) news.tell();
  })();
  const ended = reading.then(() => news.end(), () => news.end());
  const detach = live ? services.onResize(() => news.tell()) : () => {};
  try {
    while (await news.wait(live ? TICK : null)) shown.show(only(await client.status(signal), names));
    // Rejects where the stream failed and did not just end.
    await reading;
  } finally {
    detach();
    shown.end();
    await ended;
  }
  signal.throwIfAborted();
  return console.fail({
    code: "nothing-runs",
    message: `berth has ended: nothing runs for ${file} any more`,
    exit: EXIT.failed,
  });
}

interface View {
  show(document: StatusDocument): void;
  end(): void;
}

function liveView(services: CliServices, { console, output }: WatchOptions): View {
  const writer = new FrameWriter(services.stdout, () => services.size());
  const theme = console.theme("stdout");
  return {
    show(document): void {
      const now = services.clock.now();
      const hint = "Ctrl+C ends watching; the forwards go on";
      writer.draw(frame(document, { ...services.size(), theme, now, hint, wide: output === "wide" }));
    },
    end: () => writer.end(),
  };
}

function rowsView(services: CliServices, { console, output }: WatchOptions): View {
  const theme = console.theme("stdout");
  const columns = output === "wide" ? WIDE_COLUMNS : TABLE_COLUMNS;
  const last = new Map<string, string>();
  return {
    show(document): void {
      const now = services.clock.now();
      const { header, forwards } = layOutForwards(document.forwards, {
        columns,
        theme,
        now,
        width: null,
        symbols: false,
      });
      if (last.size === 0 && forwards.length > 0) console.out(`${header}\n`);
      document.forwards.forEach(({ name, status, reason, message, route, backend, listen }, index) => {
        const state = JSON.stringify([status, reason, message, route, backend, listen]);
        if (last.get(name) === state) return;
        last.set(name, state);
        for (const line of forwards[index] ?? []) console.out(`${line}\n`);
      });
    },
    end: () => {},
  };
}

function jsonView({ console }: WatchOptions): View {
  return { show: (document) => console.out(`${JSON.stringify(statusJson(document))}\n`), end: () => {} };
}

/** Something to wait for: news, a tick, or the end. News that comes while nobody waits is kept, once. */
class News {
  readonly #clock: Clock;
  #told = true;
  #ended = false;
  #wake = (): void => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  tell(): void {
    this.#told = true;
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** True at news or after `tick` milliseconds (null: never by itself), false at the end. */
  async wait(tick: number | null): Promise<boolean> {
    if (!this.#told && !this.#ended) {
      await new Promise<void>((resolve) => {
        const cancel = tick === null ? () => {} : this.#clock.after(tick, resolve);
        this.#wake = () => {
          cancel();
          resolve();
        };
      });
    }
    this.#told = false;
    return !this.#ended;
  }
}
