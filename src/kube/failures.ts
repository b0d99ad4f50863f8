import { AccessError } from "../model/cluster_access.ts";
import { rawObject, rawText } from "./raw.ts";

/** A resourceVersion or a page that the API server does not keep any more (410): list again. Never leaves this room. */
export class GoneError extends Error {
  override readonly name = "GoneError";
}

/**
 * What an answer other than 2xx means. `status` is the body's `Status` object where there was one, else anything.
 * Only the API server's own words are passed on, cut to a line: it does not repeat credentials.
 */
export function answerError(code: number, status: unknown): AccessError | GoneError {
  const said = oneLine(rawText(rawObject(status)["message"]) ?? "");
  const words = said === "" ? "" : `: ${said}`;
  switch (code) {
    case 401:
      return new AccessError("unauthorized", `the API server does not accept the credentials${words}`);
    case 403:
      // An anonymous user is what is left of credentials that the server did not recognise: not a question of roles.
      return said.includes('"system:anonymous"')
        ? new AccessError("unauthorized", `the API server does not know the user of this context${words}`)
        : new AccessError("forbidden", said === "" ? "the API server forbids it" : said);
    case 404:
      return new AccessError("not-found", said === "" ? "the API server has no such thing" : said);
    case 410:
      return new GoneError(said);
    default:
      return new AccessError("cluster-unreachable", `the API server answers with status ${code}${words}`);
  }
}

/** What a failure to connect, or of a connection, means in plain words. */
export function connectionError(error: unknown, server: URL): AccessError {
  if (error instanceof AccessError) return error;
  const text = causes(error);
  const at = server.host;
  const unreachable = (message: string) => new AccessError("cluster-unreachable", message, { cause: error });
  if (/UnknownIssuer|CaUsedAsEndEntity|BadSignature/.test(text)) {
    return unreachable(
      `${at} shows a certificate that the kubeconfig's certificate authority did not sign: ` +
        "the cluster was made anew, or something in between answers for it",
    );
  }
  const name = /not valid for name "([^"]*)"(?:; certificate is only valid for (.*?))?(?:$|\n)/.exec(text);
  if (name !== null) {
    const valid = name[2] === undefined
      ? ""
      : `, only for ${name[2].replaceAll(/DnsName\("([^"]*)"\)|IpAddress\(([^)]*)\)/g, "$1$2")}`;
    return unreachable(`the certificate of ${at} is not valid for the name "${name[1]}"${valid}`);
  }
  if (/certificate expired|Expired/.test(text)) {
    return unreachable(`the certificate of ${at} has expired (or the clock here is wrong)`);
  }
  if (/NotValidYet/.test(text)) {
    return unreachable(`the certificate of ${at} is not valid yet: is the clock here right?`);
  }
  if (/invalid peer certificate/.test(text)) return unreachable(`the certificate of ${at} is not accepted`);
  if (/received fatal alert|CertificateRequired/.test(text)) {
    return new AccessError("unauthorized", `${at} does not accept the client certificate`, { cause: error });
  }
  if (/InvalidContentType/.test(text)) {
    return unreachable(`${at} does not speak TLS: should the server's address begin with http://?`);
  }
  if (/invalid HTTP version/.test(text)) {
    return unreachable(`${at} does not speak HTTP: should the server's address begin with https://?`);
  }
  if (/dns error|failed to lookup address/.test(text)) {
    return unreachable(`the name ${server.hostname} cannot be resolved`);
  }
  if (/[Cc]onnection refused/.test(text)) {
    return unreachable(`${at} refuses connections: the API server does not run there`);
  }
  if (/reset by peer|handshake eof|os error 104|closed before message/.test(text)) {
    return unreachable(`${at} takes connections and ends them at once: the API server behind it does not run`);
  }
  if (/unreachable|[Nn]o route/.test(text)) return unreachable(`there is no route to ${at}`);
  if (/timed out|os error 110/.test(text)) return unreachable(`${at} does not answer`);
  if (/NotCapable|Requires net access/.test(text)) {
    return unreachable(`this process may not connect to ${at} (allow network access)`);
  }
  return unreachable(`the connection to ${at} failed: ${oneLine(deepest(error))}`);
}

/** A kubeconfig that cannot be used, said after the name of its cluster. */
export function kubeconfigError(message: string, options?: ErrorOptions): AccessError {
  return new AccessError("kubeconfig-invalid", message, options);
}

/** The words of the failure below all others, without the address, which is said already. */
function deepest(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause instanceof Error) at = at.cause;
  const text = at instanceof Error ? at.message : String(at);
  return text.replace(/^error sending request .*?: (?=client error)/, "");
}

function causes(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) texts.push(`${at.name}: ${at.message}`);
  return texts.join("\n");
}

/** The first line of `text`, at most 300 characters of it. */
export function oneLine(text: string): string {
  const line = text.trim().split("\n", 1)[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
