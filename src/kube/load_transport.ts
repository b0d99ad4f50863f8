import { AccessError } from "../model/cluster_access.ts";
import type { Clock } from "../model/world.ts";
import { type AuthProvider, loadAuthProvider } from "./auth_provider.ts";
import type { Dialling } from "./dialling.ts";
import { type ExecCredential, ExecPlugin } from "./exec_plugin.ts";
import { kubeconfigError } from "./failures.ts";
import { type Accepts, findServer } from "./find_server.ts";
import {
  type KubeconfigChoice,
  type KubeconfigPlace,
  type KubeContext,
  readKubeContext,
  whyUnreadable,
} from "./kubeconfig.ts";
import { isRawObject, type Raw, rawList, rawObject, rawText } from "./raw.ts";
import { asksForProxies, proxyFor } from "./proxy_choice.ts";
import type { Transport } from "./transport.ts";

/** A token file is read again after this long, as client-go does: projected tokens rotate. Milliseconds. */
const TOKEN_FILE_AGE = 60_000;

/** What loading needs of the world. */
export interface LoadOptions extends KubeconfigPlace {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether this process runs in a container, where `127.0.0.1` of a kubeconfig may mean another machine. Absent: it does not. */
  readonly inContainer?: () => Promise<boolean>;
  /** Whether an address takes connections, asked in containers alone. Absent: by a real one. */
  readonly accepts?: Accepts;
}

/**
 * Reads a kubeconfig and makes a transport of the chosen context. An exec plugin that hands out a client certificate is run here.
 * In a container, the API server is looked for where the address as written leads nowhere (`findServer`).
 * Rejects with `AccessError`: what cannot be honoured (a SOCKS proxy, several groups) is refused, not ignored.
 */
export async function loadTransport(choice: KubeconfigChoice, options: LoadOptions): Promise<Transport> {
  const found = await readKubeContext(choice, options);
  const written = serverUrl(found);
  const { cluster, user } = found;
  const ca = await pem(cluster, "certificate-authority");
  const dialling = diallingOf(found, { written, env: options.env, ca });
  const certificate = await clientCertificate(user);
  const impersonation = impersonationHeaders(found);
  const authorization = authorizationOf(user, { cluster, clock: options.clock });
  // Before a plugin is run: it may bother a person, for a server that is not there.
  const { context, clusterName } = found;
  // Behind a proxy the address is one of the proxy's network.
  const { server, note: foundNote } = (dialling?.proxy ?? null) === null
    ? await findServer(written, { ...options, context, clusterName })
    : { server: written, note: null };
  const note = notesOf([foundNote, dialling?.insecure === true ? UNCHECKED : null]);
  // A certificate must be there before the first connection, not only before the first request.
  const fromPlugin = certificate === null ? await authorization.certificate(options.signal) : null;
  const identity = certificate ?? fromPlugin;
  return {
    server,
    ...(note === null ? {} : { note }),
    ...(dialling === null ? {} : { dialling }),
    ...(ca === null ? {} : { caCerts: [ca] }),
    ...(identity === null ? {} : { cert: identity.cert, key: identity.key }),
    headers: async (signal) => {
      const value = await authorization.header(signal);
      return value === null ? impersonation : { ...impersonation, authorization: value };
    },
    ...(isRawObject(user["exec"]) || isRawObject(user["auth-provider"]) ? { costly: true } : {}),
    expire: () => authorization.expire(),
  };
}

function serverUrl({ cluster, context }: KubeContext): URL {
  const text = rawText(cluster["server"]);
  if (text === null) throw kubeconfigError(`the cluster of context '${context}' has no server`);
  let url: URL;
  try {
    // Like kubectl: an address without a scheme is plain HTTP.
    url = new URL(text.includes("://") ? text : `http://${text}`);
  } catch (error) {
    throw kubeconfigError(`the server of context '${context}' is not an address: ${text}`, { cause: error });
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw kubeconfigError(`the server of context '${context}' must begin with https:// or http://: ${text}`);
  }
  return url;
}

/** What is unusual about connecting; null where nothing is, and `fetch` does as the kubeconfig says. */
function diallingOf(
  { cluster, context }: KubeContext,
  { written, env, ca }: { readonly written: URL; readonly env: LoadOptions["env"]; readonly ca: string | null },
): Dialling | null {
  const insecure = cluster["insecure-skip-tls-verify"] === true;
  if (insecure && ca !== null) {
    throw kubeconfigError(
      `context '${context}' has insecure-skip-tls-verify and a certificate authority: only one of them can be meant`,
    );
  }
  const serverName = rawText(cluster["tls-server-name"]);
  const proxy = proxyFor(written, { proxyUrl: rawText(cluster["proxy-url"]), env });
  // `fetch` follows the environment by rules of its own, under which this machine itself may be reached through a proxy.
  const usual = proxy === null && serverName === null && !insecure && !asksForProxies(env);
  return usual ? null : { proxy, serverName, insecure };
}

/** For people: anybody in between can read and change everything, credentials too. */
const UNCHECKED =
  "the API server's certificate is not checked (insecure-skip-tls-verify): whoever is in between can read everything";

function notesOf(notes: readonly (string | null)[]): string | null {
  const said = notes.filter((note) => note !== null);
  return said.length === 0 ? null : said.join("; ");
}

/** A PEM text of a kubeconfig: `<name>-data` in base64, which wins, or the file `<name>`. */
async function pem(entry: Raw, name: string): Promise<string | null> {
  const data = rawText(entry[`${name}-data`]);
  if (data !== null) {
    try {
      return new TextDecoder().decode(Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)));
    } catch {
      // No cause: it could quote a key.
      throw kubeconfigError(`the kubeconfig's ${name}-data is not base64`);
    }
  }
  const file = rawText(entry[name]);
  return file === null ? null : await readFile(file, name);
}

async function readFile(path: string, what: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw kubeconfigError(`the kubeconfig's ${what} ${path} cannot be read: ${whyUnreadable(error)}`, { cause: error });
  }
}

async function clientCertificate(user: Raw): Promise<{ readonly cert: string; readonly key: string } | null> {
  const cert = await pem(user, "client-certificate");
  const key = await pem(user, "client-key");
  if (cert === null && key === null) return null;
  if (cert === null || key === null) {
    throw kubeconfigError(
      `the kubeconfig has a client ${cert === null ? "key" : "certificate"} without its ${
        cert === null ? "certificate" : "key"
      }`,
    );
  }
  return { cert, key };
}

function impersonationHeaders({ user }: KubeContext): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const as = rawText(user["as"]);
  const groups = rawList(user["as-groups"]).filter((one) => typeof one === "string");
  const extra = Object.entries(rawObject(user["as-user-extra"]));
  if (as === null) return headers;
  headers["impersonate-user"] = as;
  const uid = rawText(user["as-uid"]);
  if (uid !== null) headers["impersonate-uid"] = uid;
  // A header that repeats cannot be said here, and joining the values would mean another group.
  if (groups.length > 1) {
    throw kubeconfigError("the kubeconfig's as-groups has several groups, which is not supported: name one");
  }
  if (groups[0] !== undefined) headers["impersonate-group"] = groups[0];
  for (const [name, values] of extra) {
    const [value, ...more] = rawList(values).filter((one) => typeof one === "string");
    if (more.length > 0) {
      throw kubeconfigError(`the kubeconfig's as-user-extra has several values for '${name}', which is not supported`);
    }
    if (value !== undefined) headers[`impersonate-extra-${encodeURIComponent(name.toLowerCase())}`] = value;
  }
  return headers;
}

/** Where the Authorization header comes from. */
interface Authorization {
  header(signal: AbortSignal): Promise<string | null>;
  certificate(signal: AbortSignal): Promise<{ readonly cert: string; readonly key: string } | null>;
  expire(): void;
}

/** In kubectl's order: a token, its file, basic, a plugin, a provider. */
function authorizationOf(
  user: Raw,
  { cluster, clock }: { readonly cluster: Raw; readonly clock: Clock },
): Authorization {
  const file = rawText(user["tokenFile"]);
  if (file !== null) return tokenFileAuthorization(file, clock);
  const token = rawText(user["token"]);
  if (token !== null) return fixedAuthorization(`Bearer ${token}`);
  const name = rawText(user["username"]);
  if (name !== null) return fixedAuthorization(`Basic ${base64(`${name}:${rawText(user["password"]) ?? ""}`)}`);
  if (isRawObject(user["exec"])) return pluginAuthorization(new ExecPlugin(user["exec"], { cluster, clock }));
  if (isRawObject(user["auth-provider"])) return providerAuthorization(user);
  return fixedAuthorization(null);
}

function fixedAuthorization(value: string | null): Authorization {
  return { header: () => Promise.resolve(value), certificate: () => Promise.resolve(null), expire: () => {} };
}

function tokenFileAuthorization(file: string, clock: Clock): Authorization {
  let cached: { readonly value: string; readonly until: number } | null = null;
  return {
    header: async () => {
      if (cached === null || clock.monotonic() >= cached.until) {
        const token = (await readFile(file, "tokenFile")).trim();
        if (token === "") throw kubeconfigError(`the kubeconfig's tokenFile ${file} is empty`);
        cached = { value: `Bearer ${token}`, until: clock.monotonic() + TOKEN_FILE_AGE };
      }
      return cached.value;
    },
    certificate: () => Promise.resolve(null),
    expire: () => {
      cached = null;
    },
  };
}

function pluginAuthorization(plugin: ExecPlugin): Authorization {
  let connected: string | null = null;
  return {
    header: async (signal) => {
      const credential = await plugin.credential(signal);
      if (credential.cert !== connected) {
        // Connections are made with the certificate of the first run: the caller starts over with a new transport.
        throw new AccessError("unauthorized", "the credential plugin handed out another client certificate");
      }
      return credential.token === null ? null : `Bearer ${credential.token}`;
    },
    certificate: async (signal) => {
      const { cert, key }: ExecCredential = await plugin.credential(signal);
      connected = cert;
      return cert === null || key === null ? null : { cert, key };
    },
    expire: () => plugin.expire(),
  };
}

function providerAuthorization(user: Raw): Authorization {
  let provider: Promise<AuthProvider> | null = null;
  return {
    header: async () => await (await (provider ??= loadAuthProvider(user))).authorization(),
    certificate: () => Promise.resolve(null),
    expire: () => {
      provider = null;
    },
  };
}

function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
