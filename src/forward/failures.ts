import { AccessError } from "../model/cluster_access.ts";
import type { Reason } from "../model/status.ts";
import { StreamError } from "../model/stream.ts";

/** Why something did not reach a backend, for status. */
export interface Trouble {
  readonly reason: Reason;
  readonly message: string;
}

/** An error of dialling, of a tunnel or of a stream as a reason and words. What is none of these is a bug and is thrown on. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof AccessError) return { reason: error.reason, message: error.message };
  if (error instanceof StreamError) return { reason: reasonOf(error), message: error.message };
  if (error instanceof DOMException && (error.name === "TimeoutError" || error.name === "AbortError")) {
    return { reason: "backend-timeout", message: "the backend did not answer in time" };
  }
  throw error;
}

function reasonOf({ failure }: StreamError): Reason {
  switch (failure) {
    case "refused":
      return "backend-refused";
    case "timeout":
      return "backend-timeout";
    case "reset":
    case "gone":
      return "backend-reset";
    case "protocol":
      return "probe-failed";
    default:
      return failure satisfies never;
  }
}
