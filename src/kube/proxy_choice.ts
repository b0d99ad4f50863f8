import { kubeconfigError } from "./failures.ts";
import { isInBlock, parseIp } from "./ip_blocks.ts";

/** Where the choice of a proxy comes from. */
export interface ProxySources {
  /** `proxy-url` of the kubeconfig's cluster. It is in force for every address, as with kubectl. */
  readonly proxyUrl: string | null;
  readonly env: (name: string) => string | undefined;
}

/** Whether the environment asks for proxies at all. */
export function asksForProxies(env: ProxySources["env"]): boolean {
  return ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"].some((name) => variable(env, name) !== "");
}

/**
 * The proxy for a server, or null: the kubeconfig's own, else that of `HTTPS_PROXY` or `HTTP_PROXY`, by the rules of Go's `x/net/http/httpproxy`,
 * which kubectl follows: the name in capitals comes first, and this machine itself is never reached through a proxy.
 * Throws `AccessError` where what is said is no proxy that can be used.
 */
export function proxyFor(server: URL, { proxyUrl, env }: ProxySources): URL | null {
  if (proxyUrl !== null) return proxyAddress(proxyUrl, "the kubeconfig's proxy-url");
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const written = variable(env, name);
  if (written === "" || !isProxied(server, variable(env, "NO_PROXY"))) return null;
  return proxyAddress(written, name);
}

function variable(env: ProxySources["env"], name: string): string {
  return env(name) || env(name.toLowerCase()) || "";
}

/** Only what comes before the host is left out of messages: it may be a password. */
function proxyAddress(text: string, from: string): URL {
  const known = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0].toLowerCase();
  let url: URL;
  try {
    url = new URL(known === undefined ? `http://${text}` : text);
  } catch {
    throw kubeconfigError(`${from} is not an address`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw kubeconfigError(
      `${from} is a ${url.protocol.slice(0, -1)} proxy, which is not supported: use one of http:// or https://`,
    );
  }
  return url;
}

/**
 * Whether a server is reached through a proxy by `NO_PROXY`: names with or without a leading dot, addresses, CIDR blocks, each with a port
 * or without, and `*`. A name holds for all below it too; with a leading dot only for those.
 */
export function isProxied(server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "").toLowerCase();
  const port = server.port === "" ? (server.protocol === "https:" ? "443" : "80") : server.port;
  const address = parseIp(host);
  if (host === "localhost" || (address !== null && isLoopback(address))) return false;
  for (const written of noProxy.split(",")) {
    const entry = written.trim().toLowerCase();
    if (entry === "") continue;
    if (entry === "*") return false;
    if (address !== null && entry.includes("/") && isInBlock(address, entry)) return false;
    const { name, only } = splitPort(entry);
    if (only !== null && only !== port) continue;
    const wanted = parseIp(name);
    if (wanted !== null) {
      if (address !== null && address.bits === wanted.bits && address.value === wanted.value) return false;
      continue;
    }
    const suffix = name.startsWith("*.") ? name.slice(1) : name;
    if (suffix === "") continue;
    if (host.endsWith(suffix.startsWith(".") ? suffix : `.${suffix}`) || host === suffix) return false;
  }
  return true;
}

/** `0.0.0.0`, which k3d writes, is dialled as this machine. */
function isLoopback({ bits, value }: { readonly bits: number; readonly value: bigint }): boolean {
  return value === 0n || (bits === 32 ? value >> 24n === 127n : value === 1n);
}

/** `name:port`, `[address]:port` or without a port. */
function splitPort(entry: string): { readonly name: string; readonly only: string | null } {
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry);
  if (bracketed !== null) return { name: bracketed[1] ?? "", only: bracketed[2] ?? null };
  const plain = /^([^:]*):(\d+)$/.exec(entry);
  return plain === null ? { name: entry, only: null } : { name: plain[1] ?? "", only: plain[2] ?? null };
}
