import { StreamError, type StreamFailure } from "../model/stream.ts";
import type { Port } from "../model/port.ts";
import type { PodRef } from "../model/cluster_access.ts";
import { oneLine } from "./failures.ts";

/** What runtimes write on the error stream, by what it means; the first that fits counts. */
const MEANINGS: readonly (readonly [RegExp, StreamFailure])[] = [
  [/connection refused/i, "refused"],
  [/connection reset|broken pipe/i, "reset"],
  [/timed? ?out|deadline exceeded/i, "timeout"],
  [/not found|not running|no such (container|pod|process)|closed|terminat|no such file/i, "gone"],
];

/**
 * What the text on the error stream says. Words of containerd, CRI-O and the kubelet: "error forwarding port 81 to pod <id>, uid : failed to
 * execute portforward in network namespace …: failed to connect to localhost:81 inside namespace …: connect: connection refused".
 */
export function forwardError(text: string, at: { readonly pod: PodRef; readonly port: Port }): StreamError {
  const name = `pod ${at.pod.namespace}/${at.pod.name}`;
  const failure = MEANINGS.find(([pattern]) => pattern.test(text))?.[1] ?? "gone";
  switch (failure) {
    case "refused":
      return new StreamError(failure, `nothing listens on port ${at.port} of ${name}`);
    case "reset":
      return new StreamError(
        failure,
        `${name} reset the connection to port ${at.port}${said(text, /connection reset/i)}`,
      );
    default:
      return new StreamError(failure, `port ${at.port} of ${name}${said(text, /^$/)}`);
  }
}

/** The runtime's own words, without the ids before them, unless they are the plain ones. */
function said(text: string, plain: RegExp): string {
  if (plain.test(text)) return "";
  return `: ${oneLine(text.replace(/^.*?uid [^:]*: /s, ""))}`;
}
