/**
 * Two byte directions that end separately, as a TCP connection has them. Both halves of a relay, a socket
 * and a stream in a tunnel, are this.
 *
 * One `read` and one `write` may be under way at a time. Errors are `StreamError`.
 */
export interface Duplex {
  /**
   * The next bytes, or null at the peer's end of stream. The array is only valid until the next `read`.
   * Nothing is read ahead beyond one bounded buffer: not calling `read` is backpressure.
   */
  read(): Promise<Uint8Array | null>;
  /** Resolves once the bytes are handed on and the array may be used again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends this direction; the other one stays open. */
  closeWrite(): Promise<void>;
  /** Ends both directions at once, as an error where the carrier can say so (TCP: RST). Never throws; repeated calls do nothing. */
  reset(): void;
  /** Ends both directions in good order. Never throws; repeated calls do nothing. */
  close(): void;
  /**
   * Hands all that comes from now on to `to`, without a promise a chunk, until the end of stream (which it passes on as
   * `closeWrite`) or until one side breaks. `count` hears of every byte handed on. Instead of `read`; absent where there is
   * no faster way than that. Never rejects.
   */
  flow?(to: Outlet, count: (bytes: number) => void): Promise<FlowEnd>;
}

/** How one direction of a relay ended: `from` or `to` says which side broke. */
export type FlowEnd =
  | { readonly kind: "eof" }
  | { readonly kind: "broken"; readonly side: "from" | "to"; readonly error: StreamError };

/** A stream that mostly takes bytes at once. */
export interface Outlet {
  /** Says who offers from now on: `ready` is called when an offer that was not taken at once is through, and with the error where one fails. */
  accept(ready: (error: StreamError | null) => void): void;
  /**
   * Sends bytes. True: they are handed on, and the array may be used again. False: that is so only at the next `ready`, and
   * nothing is to be offered until then.
   */
  offer(bytes: Uint8Array): boolean;
  /** As in `Duplex`. */
  closeWrite(): Promise<void>;
}

/** How a stream failed. `refused`: nothing listens there; `reset`: cut by the peer; `gone`: the carrier under it ended. */
export type StreamFailure = "refused" | "reset" | "timeout" | "gone" | "protocol";

/** An expected failure of a stream or of opening one. */
export class StreamError extends Error {
  override readonly name = "StreamError";
  readonly failure: StreamFailure;

  constructor(failure: StreamFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}
