/** What of a message is being passed. */
type Part =
  /** The first line, or empty lines before it. */
  | "start"
  | "header"
  /** Bytes whose number is known: a body, or the data of one chunk. */
  | "counted"
  | "chunk-size"
  /** The empty line after a chunk's data. */
  | "chunk-end"
  | "trailer"
  /** A body that only the end of the stream ends. */
  | "until-end"
  /** Not understood, or no HTTP any more: passed on as it is. */
  | "raw";

/** The framing that a message's head asks for. */
export type BodyKind = "none" | "framed" | "until-end" | "raw";

/** Told of the lines of a message as they pass. */
export interface MessageReader {
  /** The first line, without its end. False: this is no HTTP. */
  start(line: string): boolean;
  /** A header, name in small letters. */
  header(name: string, value: string): void;
  /** The head has ended: what follows it. `framed`: as Content-Length and Transfer-Encoding say, and nothing where neither is there. */
  headEnd(): BodyKind;
  /** The message has ended; the next byte begins another one. */
  end(): void;
}

/** Longer lines are not looked into: what has them is passed on unseen from there. */
const LONGEST_LINE = 64 * 1024;
const LF = 10;
const CR = 13;

/**
 * Walks along the messages of one direction of an HTTP/1.1 connection (RFC 9112) and says where lines, bodies and messages end. Keeps no more
 * than one line. Whatever is not clear beyond doubt makes it stop looking: two lengths, a transfer coding that is not chunked at its end,
 * folded headers, anything that does not begin like a message.
 */
export class MessageParser {
  readonly #reader: MessageReader;
  #part: Part = "start";
  #line: number[] | null = [];
  #left = 0;
  #length: number | null = null;
  #chunked = false;
  #coded = false;
  #doubtful = false;

  constructor(reader: MessageReader) {
    this.#reader = reader;
  }

  /** Whether nothing more is looked into. */
  get raw(): boolean {
    return this.#part === "raw";
  }

  /** Whether the next byte is part of a header's line. */
  get inHeader(): boolean {
    return this.#part === "header";
  }

  /** Stops looking. */
  giveUp(): void {
    this.#part = "raw";
    this.#line = null;
  }

  /** Takes bytes from `at` on up to the next place of interest; returns where that is. It is `bytes.length` where there is none. */
  step(bytes: Uint8Array, at: number): number {
    switch (this.#part) {
      case "raw":
      case "until-end":
        return bytes.length;
      case "counted": {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        if (this.#left === 0) this.#bodyPartEnd();
        return at + taken;
      }
      default:
        return this.#lineStep(bytes, at);
    }
  }

  #lineStep(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(LF, at);
    const stop = end < 0 ? bytes.length : end + 1;
    const line = this.#line ?? [];
    if (line.length + stop - at > LONGEST_LINE) {
      this.giveUp();
      return stop;
    }
    for (let i = at; i < stop; i++) line.push(bytes[i] ?? 0);
    this.#line = line;
    if (end < 0) {
      // What is not text is no first line, and what speaks it may wait for an answer before it ends one.
      if (this.#part === "start" && line.some((byte) => byte < 32 && byte !== CR)) this.giveUp();
      return stop;
    }
    line.pop();
    if (line.at(-1) === CR) line.pop();
    this.#line = [];
    this.#lineEnd(String.fromCharCode(...line));
    return stop;
  }

  #lineEnd(line: string): void {
    switch (this.#part) {
      case "start":
        if (line === "") return;
        this.#length = null;
        this.#chunked = this.#coded = this.#doubtful = false;
        if (this.#reader.start(line)) this.#part = "header";
        else this.giveUp();
        return;
      case "header":
        return line === "" ? this.#headEnd() : this.#header(line);
      case "chunk-size": {
        const size = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;.*)?$/.exec(line)?.[1];
        if (size === undefined) return this.giveUp();
        this.#left = Number.parseInt(size, 16);
        this.#part = this.#left === 0 ? "trailer" : "counted";
        return;
      }
      case "chunk-end":
        if (line === "") this.#part = "chunk-size";
        else this.giveUp();
        return;
      case "trailer":
        if (line === "") this.#messageEnd();
        return;
      default:
        return;
    }
  }

  #header(line: string): void {
    const colon = line.indexOf(":");
    // A folded line belongs to the one before it, which has been judged already.
    if (colon < 1 || /^[ \t]/.test(line)) {
      this.#doubtful = true;
      return;
    }
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === "content-length") {
      const length = /^\d{1,15}$/.test(value) ? Number(value) : null;
      if (length === null || (this.#length !== null && this.#length !== length)) this.#doubtful = true;
      this.#length = length;
    } else if (name === "transfer-encoding") {
      this.#coded = true;
      this.#chunked = /(?:^|,)[ \t]*chunked$/i.test(value);
    }
    this.#reader.header(name, value);
  }

  #headEnd(): void {
    const body = this.#reader.headEnd();
    if (this.#doubtful || body === "raw") return this.giveUp();
    if (body === "none") return this.#messageEnd();
    if (this.#chunked) {
      this.#part = "chunk-size";
    } else if (this.#coded) {
      if (body === "until-end") this.#part = "until-end";
      else this.giveUp();
    } else if (this.#length !== null) {
      this.#left = this.#length;
      if (this.#left === 0) this.#messageEnd();
      else this.#part = "counted";
    } else if (body === "until-end") {
      this.#part = "until-end";
    } else {
      this.#messageEnd();
    }
  }

  #bodyPartEnd(): void {
    if (this.#chunked) this.#part = "chunk-end";
    else this.#messageEnd();
  }

  #messageEnd(): void {
    this.#part = "start";
    this.#line = [];
    this.#reader.end();
  }
}
