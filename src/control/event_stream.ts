import type { Clock } from "../model/world.ts";
import type { Daemon, DaemonMessage } from "./daemon_api.ts";

/** A stream must carry something this often, or neither side would notice that the other one is gone. Milliseconds. */
const PING_EVERY = 15_000;

/** A reader that is this many messages behind is cut off; it may come back for a new snapshot. */
const MAX_BEHIND = 1_000;

/** One reader's server-sent events. */
export interface EventBody {
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Ends the stream in good order. */
  end(): void;
}

/**
 * Server-sent events (HTML standard, 9.2): one `snapshot` with the status, then an `event` for each event, with nothing
 * lost between the two. `onEnd` is called once when the reader is gone or `end` was called.
 */
export function eventBody(
  daemon: Daemon,
  { clock, onEnd }: { readonly clock: Clock; readonly onEnd: () => void },
): EventBody {
  const encoder = new TextEncoder();
  let unsubscribe = (): void => {};
  let cancelPing = (): void => {};
  let ended = false;
  let close = (): void => {};
  const release = (): boolean => {
    if (ended) return false;
    ended = true;
    unsubscribe();
    cancelPing();
    onEnd();
    return true;
  };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller): void {
      close = () => controller.close();
      const send = (text: string): void => {
        if (ended) return;
        controller.enqueue(encoder.encode(text));
        if ((controller.desiredSize ?? 0) < -MAX_BEHIND && release()) close();
      };
      const ping = (): void => {
        send(": ping\n\n");
        if (!ended) cancelPing = clock.after(PING_EVERY, ping);
      };
      // Both in one turn: what happens after the snapshot is in the stream, what happened before is in the snapshot.
      unsubscribe = daemon.subscribe((event) => send(encode({ kind: "event", event })));
      send(encode({ kind: "snapshot", status: daemon.status() }));
      cancelPing = clock.after(PING_EVERY, ping);
    },
    cancel(): void {
      release();
    },
  });
  return {
    body,
    end(): void {
      if (release()) close();
    },
  };
}

/** Reads the events out of a server-sent stream, however its bytes are split. Unknown events are passed over. */
export async function* decodeEvents(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly name: string; readonly data: string }> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const fields = block.split("\n").map((line) => /^(event|data): ?(.*)$/.exec(line));
      const name = fields.find((field) => field?.[1] === "event")?.[2];
      const data = fields.flatMap((field) => field?.[1] === "data" ? [field[2] ?? ""] : []).join("\n");
      if (name !== undefined) yield { name, data };
    }
  }
}

function encode(message: DaemonMessage): string {
  const data = message.kind === "snapshot" ? message.status : message.event;
  return `event: ${message.kind}\ndata: ${JSON.stringify(data)}\n\n`;
}
