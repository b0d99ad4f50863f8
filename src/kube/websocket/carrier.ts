import { StreamError } from "../../model/stream.ts";
import { type Carrier, CARRIER_HEADROOM, type CarrierSink } from "../carrier.ts";
import { frameInPlace, OPCODE, WebSocketParser } from "./frames.ts";

const NORMAL_CLOSURE = 1000;

/** Bytes of randomness drawn at a time: one call a frame would cost more than the masking. */
const MASKS = 1024;

/** SPDY inside binary WebSocket messages: `SPDY/3.1+portforward.k8s.io`, Kubernetes 1.30 and later (KEP-4006). */
export class WebSocketCarrier implements Carrier {
  readonly kind = "websocket";
  readonly #under: Carrier;
  readonly #parser = new WebSocketParser();
  #sink: CarrierSink | null = null;
  #masks = new Uint8Array(0);
  #nextMask = 0;
  #closing = false;

  /** `under`: the upgraded connection, not started. */
  constructor(under: Carrier) {
    this.#under = under;
  }

  start(sink: CarrierSink): void {
    this.#sink = sink;
    this.#under.start({
      bytes: (chunk) => this.#bytes(chunk),
      ended: (message) => this.#end(message),
    });
  }

  pause(): void {
    this.#under.pause();
  }

  resume(): void {
    this.#under.resume();
  }

  write(buffer: Uint8Array, { start, end }: { readonly start: number; readonly end: number }): Promise<void> {
    return this.#send(buffer, { start, end, opcode: OPCODE.binary });
  }

  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    const code = new Uint8Array(2);
    new DataView(code.buffer).setUint16(0, NORMAL_CLOSURE);
    this.#sendControl(OPCODE.close, code);
    this.#under.close();
  }

  destroy(): void {
    this.#under.destroy();
  }

  /** Hands on all that a chunk holds as one piece: its frame headers are closed up in place. Returns whether the chunk is done with. */
  #bytes(chunk: Uint8Array): boolean {
    let start = 0;
    let end = 0;
    let failure: string | null = null;
    try {
      this.#parser.push(chunk, {
        data: (payload) => {
          const at = payload.byteOffset - chunk.byteOffset;
          if (start === end) start = end = at;
          if (at !== end) chunk.copyWithin(end, at, at + payload.length);
          end += payload.length;
        },
        control: (opcode, payload) => failure ??= this.#control(opcode, payload),
      });
    } catch (error) {
      if (!(error instanceof StreamError)) throw error;
      failure = error.message;
    }
    const done = end <= start || (this.#sink?.bytes(chunk.subarray(start, end)) ?? true);
    if (failure !== null) this.#end(failure);
    return done;
  }

  /** Answers a ping. Returns why the connection ends where it is a close. */
  #control(opcode: number, payload: Uint8Array): string | null {
    if (opcode === OPCODE.ping) this.#sendControl(OPCODE.pong, payload);
    if (opcode !== OPCODE.close) return null;
    const code = payload.length < 2 ? 1005 : new DataView(payload.buffer, payload.byteOffset).getUint16(0);
    const reason = new TextDecoder().decode(payload.subarray(2));
    return code === NORMAL_CLOSURE
      ? "the API server closed the connection"
      : `the API server closed the WebSocket: ${code}${reason === "" ? "" : ` ${reason}`}`;
  }

  #end(message: string): void {
    const sink = this.#sink;
    this.#sink = null;
    this.#under.destroy();
    sink?.ended(message);
  }

  #sendControl(opcode: number, payload: Uint8Array): void {
    const buffer = new Uint8Array(CARRIER_HEADROOM + Math.ceil(payload.length / 4) * 4);
    buffer.set(payload, CARRIER_HEADROOM);
    void this.#send(buffer, { start: CARRIER_HEADROOM, end: CARRIER_HEADROOM + payload.length, opcode });
  }

  #send(
    buffer: Uint8Array,
    frame: { readonly start: number; readonly end: number; readonly opcode: number },
  ): Promise<void> {
    const at = frameInPlace(buffer, { ...frame, mask: this.#mask() });
    return this.#under.write(buffer, { start: at, end: frame.end });
  }

  /** Four unpredictable bytes, as RFC 6455 section 5.3 demands. */
  #mask(): Uint8Array {
    if (this.#nextMask + 4 > this.#masks.length) {
      this.#masks = crypto.getRandomValues(new Uint8Array(MASKS));
      this.#nextMask = 0;
    }
    this.#nextMask += 4;
    return this.#masks.subarray(this.#nextMask - 4, this.#nextMask);
  }
}
