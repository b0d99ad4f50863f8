import { AsyncLocalStorage } from "node:async_hooks";
import type { Log } from "../model/world.ts";

/** A pass of the loop. What it started may go on when it is over, and is no longer of it then. */
interface Pass {
  readonly number: number;
  over: boolean;
}

/** Ties together the lines of the log that one pass of the loop causes: each has its number as `reconcile`. */
export class PassContext {
  readonly #rooms: (room: string) => Log;
  readonly #passes = new AsyncLocalStorage<Pass>();

  /** `rooms`: where the lines go. */
  constructor(rooms: (room: string) => Log) {
    this.#rooms = rooms;
  }

  /** Runs a pass. Lines of it and of what it calls carry its number until it has ended. Rejects with what `work` rejects with. */
  async run<T>(number: number, work: () => Promise<T>): Promise<T> {
    const pass: Pass = { number, over: false };
    try {
      return await this.#passes.run(pass, work);
    } finally {
      pass.over = true;
    }
  }

  /** The log of one room. */
  room(name: string): Log {
    const log = this.#rooms(name);
    const write = (level: keyof Log): Log[keyof Log] => (message, fields) => {
      const pass = this.#passes.getStore();
      if (pass === undefined || pass.over) log[level](message, fields);
      else log[level](message, { reconcile: pass.number, ...fields });
    };
    return { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  }
}
