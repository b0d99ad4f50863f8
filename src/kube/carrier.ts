/**
 * Free bytes that `Carrier.write` needs before what it sends: room for a WebSocket frame header (14 bytes at most), and a
 * multiple of four, so that masking can go by words.
 */
export const CARRIER_HEADROOM = 16;

/** How a cluster's tunnels carry SPDY: on the upgraded connection itself, or inside WebSocket messages. */
export type CarrierKind = "spdy" | "websocket";

/** Takes what a carrier brings. */
export interface CarrierSink {
  /**
   * The next bytes of the SPDY stream, cut anywhere. Returns whether the receiver is done with them; else they are its own from now on.
   * It may change them.
   */
  bytes(chunk: Uint8Array): boolean;
  /** Called once, at the end; nothing comes after it. `message` says why, for people. */
  ended(message: string): void;
}

/** The byte stream under one SPDY session. */
export interface Carrier {
  readonly kind: CarrierKind;
  /** Begins to bring bytes. Called once. */
  start(sink: CarrierSink): void;
  /** Stops bringing bytes, but for a bounded number under way: backpressure reaches the peer. */
  pause(): void;
  resume(): void;
  /**
   * Sends `buffer[start, end)`. The buffer is the carrier's until the promise resolves: it may change what it sends and the
   * `CARRIER_HEADROOM` bytes before. `start` and the buffer's length are multiples of four. Never rejects: a broken carrier says so through `ended`.
   */
  write(buffer: Uint8Array, range: { readonly start: number; readonly end: number }): Promise<void>;
  /** Ends in good order once what was written is sent. `ended` follows, or has been called. */
  close(): void;
  /** Ends at once. */
  destroy(): void;
}
