import { type Duplex, StreamError } from "../model/stream.ts";
import { type ByteCount, pump, type RelayEnd } from "./relay.ts";
import { Recording } from "./recording.ts";
import { socketFailure } from "./socket_errors.ts";

/** How a connection over a stream that may yet be refused ended. */
export type AnswerEnd = RelayEnd | { readonly kind: "refused"; readonly error: StreamError };

/**
 * Joins a client with a stream of which it is not known yet whether anything listens behind it. `refused`: nothing does, or nobody has
 * heard the client; no byte has reached it, and `recording` has all that the client said: try another backend with the same recording.
 */
export async function relayUntilAnswered(
  { client, recording, stream }: { readonly client: Duplex; readonly recording: Recording; readonly stream: Duplex },
  { count, onAnswer }: { readonly count: ByteCount; readonly onAnswer: () => void },
): Promise<AnswerEnd> {
  let end: AnswerEnd | null = null;
  let sent = false;
  const finish = (how: AnswerEnd) => {
    if (end !== null) return;
    end = how;
    if (how.kind === "done") return;
    stream.reset();
    if (how.kind !== "refused") client.reset();
  };

  const stopped = Promise.withResolvers<void>();
  const upward = async (): Promise<void> => {
    const from = recording.replay();
    let side: "client" | "backend" = "client";
    try {
      for (;;) {
        side = "client";
        const bytes = await from.read();
        if (end !== null) return;
        side = "backend";
        sent = true;
        if (bytes === null) return await stream.closeWrite();
        await stream.write(bytes);
        if (end !== null) return;
        if (!recording.over) continue;
        const rest = await pump(client, stream, count.in);
        // As below: before the answer, what it was shows at the read.
        if (rest.kind === "eof" || (rest.side === "to" && !recording.committed)) return;
        finish({ kind: rest.side === "from" ? "client" : "backend", error: rest.error });
        return;
      }
    } catch (error) {
      // A stream that nobody listens behind may fail here first; the read below says what it was.
      if (side === "backend" && !recording.committed) return;
      finish({ kind: side, error: failureOf(error) });
    }
  };
  const downward = async (): Promise<void> => {
    let first: Uint8Array | null;
    try {
      first = await stream.read();
    } catch (error) {
      const failure = failureOf(error);
      // A tunnel that ended before anything was said over it, as a spare one does that was cut just now: nobody has heard the client.
      const unheard = failure.failure === "refused" || (failure.failure === "gone" && !sent);
      const again = unheard && recording.complete;
      finish(again ? { kind: "refused", error: failure } : { kind: "backend", error: failure });
      return;
    }
    recording.commit();
    onAnswer();
    try {
      if (first !== null) {
        count.out(first.length);
        await client.write(first);
      } else {
        await client.closeWrite();
        return;
      }
    } catch (error) {
      finish({ kind: "client", error: failureOf(error) });
      return;
    }
    const rest = await pump(stream, client, count.out);
    if (rest.kind === "broken") finish({ kind: rest.side === "from" ? "backend" : "client", error: rest.error });
  };

  // Upward may be left waiting for the client's next words after a refusal: they belong to the next backend then.
  const up = upward();
  const down = downward().then(() => {
    if (end !== null) stopped.resolve();
  });
  await Promise.race([Promise.all([up, down]), stopped.promise]);
  if (end === null) {
    client.close();
    stream.close();
    return { kind: "done" };
  }
  return end;
}

function failureOf(error: unknown): StreamError {
  return error instanceof StreamError ? error : socketFailure(error);
}
