import type { K3dFailure } from "../model/k3d.ts";
import { asPort } from "../model/port.ts";
import type { RunResult } from "../model/run.ts";
import type { SocketAddress } from "../model/status.ts";
import { parseLogLine, plain } from "./output.ts";

/** What a k3d or docker command that did not end well says about why. */
export function failureOf(argv: readonly string[], result: RunResult): K3dFailure {
  const program = argv[0] === "docker" ? "docker" : "k3d";
  const command = argv.slice(0, 3).filter((word) => !word.startsWith("-")).join(" ");
  if (result.end === "not-found") {
    return program === "docker"
      ? { reason: "docker-missing", message: "docker is not installed: no such program on PATH" }
      : { reason: "k3d-missing", message: "k3d is not installed: no such program on PATH" };
  }
  if (result.end === "timed-out") return { reason: "timed-out", message: `${command} took too long and was ended` };
  const said = `${plain(result.stderr)}\n${plain(result.stdout)}`;
  if (
    /cannot connect to the docker daemon|is the docker daemon running|docker daemon is not running|error during connect/i
      .test(said)
  ) {
    return { reason: "docker-down", message: "the Docker daemon does not answer: is it running?" };
  }
  if (/permission denied.*docker(\.sock| daemon)/i.test(said)) {
    return {
      reason: "docker-down",
      message: "this user may not talk to the Docker daemon: permission denied on its socket",
    };
  }
  const detail = lastWords(result);
  if (/port is already allocated|address already in use|ports are not available/i.test(said)) {
    const address = addressIn(said);
    const what = address === null ? "a host port is already in use" : `port ${address.port} is already in use`;
    return { reason: "port-in-use", message: what, ...(address === null ? {} : { address }) };
  }
  if (/^panic:/m.test(said) || result.code === 2) {
    return { reason: "k3d-crashed", message: `${command} crashed${detail}` };
  }
  if (/unknown flag: --port-delete/.test(said)) {
    return { reason: "k3d-too-old", message: "this k3d cannot delete ports: 5.9.0 or newer can" };
  }
  if (/already exists/i.test(said) && argv[2] === "create") {
    return { reason: "already-exists", message: `${command} failed${detail}` };
  }
  if (/no nodes found for given cluster|no such container|no such object/i.test(said)) {
    return { reason: "not-found", message: `${command} failed${detail}` };
  }
  return { reason: "k3d-failed", message: `${command} failed with status ${result.code}${detail}` };
}

/** The address in Docker's words about a port that is taken; null when they name none. */
export function addressIn(text: string): SocketAddress | null {
  const forms = [
    /listen (?:tcp|udp|sctp)[46]? (\[[^\]]*\]|[\d.]*):(\d+): bind: address already in use/i,
    /Bind for (\[[^\]]*\]|[\d.]*):(\d+) failed: port is already allocated/i,
    /exposing port (?:TCP|UDP|SCTP) (\[[^\]]*\]|[\d.]*):(\d+)/i,
    /(\[[^\]]*\]|[\d.]+):(\d+)[^\n]{0,80}(?:already (?:in use|allocated))/i,
  ];
  for (const form of forms) {
    const match = form.exec(text);
    const port = asPort(Number(match?.[2]));
    if (match !== null && port !== undefined) {
      return { host: (match[1] ?? "").replace(/^\[|\]$/g, "") || "0.0.0.0", port };
    }
  }
  return null;
}

/** The end of what a command said, as `: …`, without anything that looks like a secret. */
function lastWords(result: RunResult): string {
  const lines = [...result.stdout.split("\n"), ...result.stderr.split("\n")];
  const logged = lines.flatMap((line) => parseLogLine(line) ?? []);
  const worst = logged.filter((line) => line.level === "fatal" || line.level === "error");
  // The last error says why, the fatal one after it often only that all was rolled back.
  const cause = worst.find((line) => line.level === "error") ?? worst[0];
  const raw = result.stderr.split("\n").map((line) => plain(line).trim()).filter((line) => line !== "").at(-1);
  const text = (cause?.message ?? raw ?? "").replace(/((?:K3S_)?token["':= ]+)\S+/gi, "$1…");
  return text === "" ? "" : `: ${text.length > 300 ? `${text.slice(0, 300)}…` : text}`;
}
