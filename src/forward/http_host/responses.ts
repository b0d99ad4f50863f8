import { type BodyKind, MessageParser } from "./message.ts";

/** What is known of a request whose answer is to come. */
export interface Asked {
  readonly method: string;
  /** Whether it asks to speak something else from there on. */
  readonly upgrade: boolean;
}

/** What became of a request to speak something else. */
export type Verdict = "switched" | "http";

/** Follows the answers of a connection, to tell how a request to speak something else was answered. Never changes or keeps a byte of them. */
export class Responses {
  readonly #waiting: Asked[] = [];
  readonly #parser: MessageParser;
  readonly #verdict: (verdict: Verdict) => void;
  #status = 0;

  /** `verdict` is called once for each request that asked to upgrade. */
  constructor(verdict: (verdict: Verdict) => void) {
    this.#verdict = verdict;
    this.#parser = new MessageParser({
      start: (line) => {
        const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1];
        this.#status = Number(status);
        return status !== undefined;
      },
      header: () => {},
      headEnd: () => this.#headEnd(),
      end: () => {},
    });
  }

  /** A request has been passed on. */
  asked(request: Asked): void {
    this.#waiting.push(request);
  }

  /** Bytes of answers. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#parser.raw;) at = this.#parser.step(bytes, at);
    if (this.#parser.raw) this.end();
  }

  /** No more can be told: what waits for a verdict is let through as it is. */
  end(): void {
    this.#parser.giveUp();
    for (const { upgrade } of this.#waiting.splice(0)) if (upgrade) this.#verdict("switched");
  }

  #headEnd(): BodyKind {
    const status = this.#status;
    // 1xx but 101 comes before the answer.
    if (status >= 100 && status < 200 && status !== 101) return "none";
    const asked = this.#waiting.shift();
    if (asked === undefined) return "raw";
    const switched = status === 101 || (asked.method === "CONNECT" && status >= 200 && status < 300);
    if (asked.upgrade) this.#verdict(switched ? "switched" : "http");
    if (switched) return "raw";
    return asked.method === "HEAD" || status === 204 || status === 304 ? "none" : "until-end";
  }
}
