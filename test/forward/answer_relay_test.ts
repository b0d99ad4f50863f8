import assert from "node:assert/strict";
import { relayUntilAnswered } from "../../src/forward/answer_relay.ts";
import { Recording } from "../../src/forward/recording.ts";
import { type Duplex, StreamError } from "../../src/model/stream.ts";

const text = (value: string) => new TextEncoder().encode(value);

/** A stream whose both ends the test holds. */
class Scripted implements Duplex {
  readonly written: string[] = [];
  readonly incoming: (Uint8Array | null | StreamError)[] = [];
  ended: "open" | "closed" | "reset" = "open";
  writeEnded = false;
  writeFailure: StreamError | null = null;
  #wake: (() => void) | null = null;

  push(...items: (Uint8Array | null | StreamError)[]): this {
    this.incoming.push(...items);
    this.#wake?.();
    return this;
  }

  async read(): Promise<Uint8Array | null> {
    while (this.incoming.length === 0) {
      if (this.ended !== "open") throw new StreamError("gone", "ended");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const item = this.incoming.shift();
    if (item instanceof StreamError) throw item;
    return item ?? null;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.writeFailure !== null) return Promise.reject(this.writeFailure);
    this.written.push(new TextDecoder().decode(bytes));
    return Promise.resolve();
  }

  closeWrite(): Promise<void> {
    this.writeEnded = true;
    return Promise.resolve();
  }

  reset(): void {
    if (this.ended === "open") this.ended = "reset";
    this.#wake?.();
  }

  close(): void {
    if (this.ended === "open") this.ended = "closed";
    this.#wake?.();
  }
}

function setUp() {
  const client = new Scripted();
  const heard: number[] = [];
  const recording = new Recording(client, (bytes) => heard.push(bytes));
  const answers: string[] = [];
  const join = (stream: Duplex) =>
    relayUntilAnswered({ client, recording, stream }, {
      count: { in: () => {}, out: () => {} },
      onAnswer: () => answers.push("answer"),
    });
  return { client, heard, answers, join };
}

const refused = () => new StreamError("refused", "connection refused");

Deno.test("what the client said to a backend that refused is said to the next, and counted once", async () => {
  const { client, heard, answers, join } = setUp();
  client.push(text("one "), text("two"), null);
  for (let index = 0; index < 2; index++) {
    const no = new Scripted();
    const joined = join(no);
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    no.push(refused());
    assert.equal((await joined).kind, "refused");
    assert.equal(no.ended, "reset");
    assert.equal(client.ended, "open");
  }
  const yes = new Scripted().push(text("hi"), null);
  assert.deepEqual(await join(yes), { kind: "done" });
  assert.deepEqual(yes.written.join(""), "one two");
  assert.ok(yes.writeEnded);
  assert.deepEqual(client.written, ["hi"]);
  assert.equal(heard.reduce((sum, bytes) => sum + bytes, 0), 7);
  assert.deepEqual(answers, ["answer"]);
});

Deno.test("words that come after a refusal go to the next backend, none is lost between the two", async () => {
  const { client, join } = setUp();
  assert.equal((await join(new Scripted().push(refused()))).kind, "refused");
  const yes = new Scripted();
  const joined = join(yes);
  client.push(text("late"), null);
  while (!yes.writeEnded) await Promise.resolve();
  yes.push(null);
  assert.deepEqual(await joined, { kind: "done" });
  assert.deepEqual(yes.written, ["late"]);
});

Deno.test("a stream that fails in writing first still tells its refusal", async () => {
  const { client, join } = setUp();
  client.push(text("x"));
  const no = new Scripted();
  no.writeFailure = new StreamError("reset", "reset");
  const joined = join(no);
  await Promise.resolve();
  no.push(refused());
  assert.equal((await joined).kind, "refused");
});

Deno.test("who said more than 64 KiB unanswered is not moved to another backend", async () => {
  const { client, join } = setUp();
  const stream = new Scripted();
  const joined = join(stream);
  for (let index = 0; index < 5; index++) client.push(new Uint8Array(16 * 1024));
  while (stream.written.length < 5) await Promise.resolve();
  stream.push(refused());
  assert.equal((await joined).kind, "backend");
  assert.equal(client.ended, "reset");
});

Deno.test("a refusal after the first answer is a failure like any other", async () => {
  const { client, join } = setUp();
  const end = await join(new Scripted().push(text("hi"), refused()));
  assert.equal(end.kind, "backend");
  assert.equal(client.ended, "reset");
});

Deno.test("a client that cancels before the answer resets the stream, and is the cause", async () => {
  const { client, join } = setUp();
  const stream = new Scripted();
  client.push(new StreamError("reset", "connection reset by the peer"));
  assert.equal((await join(stream)).kind, "client");
  assert.equal(stream.ended, "reset");
});

Deno.test("a tunnel that ends before the client said a word was nobody's: the next is tried; after a word it is not", async () => {
  const gone = () => new StreamError("gone", "the API server closed the connection");
  {
    const { client, join } = setUp();
    assert.equal((await join(new Scripted().push(gone()))).kind, "refused");
    assert.equal(client.ended, "open");
    const next = new Scripted();
    const joined = join(next);
    client.push(text("hello"), null);
    next.push(text("answer"), null);
    assert.equal((await joined).kind, "done");
    assert.deepEqual([next.written, client.written], [["hello"], ["answer"]]);
  }
  {
    const { client, join } = setUp();
    client.push(text("POST"));
    const stream = new Scripted();
    const joined = join(stream);
    await new Promise<void>((resolve) => setTimeout(resolve));
    assert.deepEqual(stream.written, ["POST"]);
    stream.push(gone());
    assert.equal((await joined).kind, "backend");
    assert.equal(client.ended, "reset");
  }
});
