import { dirname } from "node:path";
import type { HistoryQuery } from "../model/forward_details.ts";
import type { Event } from "../model/status.ts";
import { makePrivateDirectory, StateError } from "./atomic_json.ts";
import { Serial } from "./serial.ts";

/** The events of a workspace, on disk: one JSON object a line, oldest first. */
export interface History {
  /** Adds one at the end. Resolves when it is handed to the system; rejects with `StateError`. */
  append(event: Event): Promise<void>;
  /** The events that are asked for, oldest first. Lines that are no events, cut off by a crash for one, are left out. Never rejects. */
  read(query: HistoryQuery): Promise<readonly Event[]>;
  /** Resolves when all that was appended is written, or has failed. */
  close(): Promise<void>;
}

/**
 * The history at `path`. When the file would grow beyond `maxBytes` it becomes `<path>.1`, in place of the one before it, and a new one
 * begins: at most twice `maxBytes` are kept. Nothing is opened before the first use.
 */
export function openHistory(path: string, { maxBytes = 1_000_000 }: { readonly maxBytes?: number } = {}): History {
  const serial = new Serial();
  const older = `${path}.1`;
  /** Bytes in the file; null: not looked at yet, or something failed since. */
  let size: number | null = null;

  const append = async (event: Event) => {
    const line = new TextEncoder().encode(`${JSON.stringify(recordOf(event))}\n`);
    try {
      if (size === null) {
        await makePrivateDirectory(dirname(path));
        size = await prepare(path);
      }
      if (size > 0 && size + line.length > maxBytes) {
        await Deno.rename(path, older);
        size = 0;
      }
      await Deno.writeFile(path, line, { append: true, mode: 0o600 });
      size += line.length;
    } catch (error) {
      size = null;
      if (error instanceof StateError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new StateError(`cannot add to ${path}: ${why}`, { cause: error });
    }
  };

  return {
    append: (event) => serial.run(() => append(event)),
    read: ({ since, forward, limit = MOST_READ }) =>
      serial.run(async () => {
        if (limit <= 0) return [];
        const events = [...await readEvents(older), ...await readEvents(path)].filter(({ time, key }) =>
          (since === undefined || time >= since) && (forward === undefined || key === `forward:${forward}`)
        );
        return events.slice(-limit);
      }),
    close: () => serial.idle(),
  };
}

/** How many events are read where nobody says. */
const MOST_READ = 1_000;

/** The size of the file, after a last line that was cut off has been ended so that the next one stands alone. */
async function prepare(path: string): Promise<number> {
  const there = await Deno.lstat(path).catch(() => null);
  if (there === null) return 0;
  if (!there.isFile) throw new StateError(`history ${path} is no plain file`);
  if (there.size === 0) return 0;
  using file = await Deno.open(path, { read: true, append: true });
  await file.seek(-1, Deno.SeekMode.End);
  const last = new Uint8Array(1);
  await file.read(last);
  if (last[0] === 0x0a) return there.size;
  await file.write(new Uint8Array([0x0a]));
  return there.size + 1;
}

async function readEvents(path: string): Promise<readonly Event[]> {
  const text = await Deno.readTextFile(path).catch(() => "");
  return text.split("\n").flatMap((line) => {
    const event = line === "" ? undefined : parseEvent(line);
    return event === undefined ? [] : [event];
  });
}

function parseEvent(line: string): Event | undefined {
  try {
    return asEvent(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** The fields in the order of the contract, and no others. */
function recordOf({ time, type, key, status, reason, message }: Event): Event {
  return { time, type, key, status, reason, message };
}

function asEvent(value: unknown): Event | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const field = (name: string): unknown => Object.getOwnPropertyDescriptor(value, name)?.value;
  const [time, type, message] = [field("time"), field("type"), field("message")];
  if (typeof time !== "string" || typeof type !== "string" || typeof message !== "string") return undefined;
  const optional = (name: string): string | null => {
    const found = field(name);
    return typeof found === "string" ? found : null;
  };
  return { time, type, key: optional("key"), status: optional("status"), reason: optional("reason"), message };
}
