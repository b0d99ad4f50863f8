/**
 * Frames of SPDY/3.1, as the Kubernetes API server, kubelet and container runtimes speak it.
 * Source of the layout: SPDY protocol draft 3.1, section 2.2, and the Go package `moby/spdystream/spdy`.
 *
 * Header blocks stay bytes here: `headers.ts` knows what is in them.
 */

/** Bytes before the payload of a DATA frame, and before the body of a control frame. */
export const FRAME_HEADER_SIZE = 8;

/** Status codes of RST_STREAM. */
export const RST_STATUS = {
  protocolError: 1,
  invalidStream: 2,
  refusedStream: 3,
  unsupportedVersion: 4,
  cancel: 5,
  internalError: 6,
  flowControlError: 7,
  streamInUse: 8,
  streamAlreadyClosed: 9,
} as const;

/** Status codes of GOAWAY. */
export const GOAWAY_STATUS = { ok: 0, protocolError: 1, internalError: 2 } as const;

/** The version in every control frame: SPDY/3.1 says 3. */
export const VERSION = 3;

/** Flags: FIN of DATA and stream frames, UNIDIRECTIONAL of SYN_STREAM, CLEAR_SETTINGS of SETTINGS. */
export const FLAG = { fin: 0x01, unidirectional: 0x02, clearSettings: 0x01 } as const;

/** Types of control frames. */
export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

/** One entry of a SETTINGS frame. */
export interface Setting {
  /** 24 bits. */
  readonly id: number;
  /** 8 bits. */
  readonly flags: number;
  readonly value: number;
}

/** A control frame that has been read. Byte arrays are views that are valid only during the call that hands them over. */
export type ControlFrame =
  | {
    readonly type: "synStream";
    readonly streamId: number;
    readonly associatedTo: number;
    /** 0 (first) to 7. */
    readonly priority: number;
    readonly fin: boolean;
    readonly unidirectional: boolean;
    readonly headerBlock: Uint8Array;
  }
  | { readonly type: "synReply"; readonly streamId: number; readonly fin: boolean; readonly headerBlock: Uint8Array }
  | { readonly type: "headers"; readonly streamId: number; readonly fin: boolean; readonly headerBlock: Uint8Array }
  | { readonly type: "rstStream"; readonly streamId: number; readonly status: number }
  | { readonly type: "settings"; readonly clear: boolean; readonly entries: readonly Setting[] }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goAway"; readonly lastGoodStreamId: number; readonly status: number }
  | { readonly type: "windowUpdate"; readonly streamId: number; readonly delta: number }
  /** A type this protocol version does not name: to be ignored. */
  | { readonly type: "unknown"; readonly code: number };

/** Takes what `FrameParser` finds, in the order of the wire. */
export interface FrameSink {
  /**
   * A piece of a DATA frame's payload: a view of the bytes given to `push`, never a copy. A frame that is split over
   * several reads comes in several pieces; `fin` is true only with the last piece of a frame that carries FIN.
   * An empty frame without FIN is not reported.
   */
  data(streamId: number, payload: Uint8Array, fin: boolean): void;
  control(frame: ControlFrame): void;
}
