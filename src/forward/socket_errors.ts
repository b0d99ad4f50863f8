import { StreamError, type StreamFailure } from "../model/stream.ts";

/** The system's code of an error (`ECONNRESET`), or the empty string. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error) || !("code" in error)) return "";
  return typeof error.code === "string" ? error.code : "";
}

/** An error of a socket as a `StreamError`. */
export function socketFailure(error: unknown): StreamError {
  if (error instanceof StreamError) return error;
  const code = errorCode(error);
  const [failure, message] = describe(code);
  return new StreamError(failure, message, { cause: error });
}

function describe(code: string): readonly [StreamFailure, string] {
  switch (code) {
    case "ECONNREFUSED":
      return ["refused", "connection refused"];
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return ["reset", "connection reset by the peer"];
    case "ETIMEDOUT":
      return ["timeout", "the peer did not answer in time"];
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return ["gone", "no way to that address"];
    default:
      return ["gone", code === "" ? "the connection ended" : `the connection ended (${code})`];
  }
}
