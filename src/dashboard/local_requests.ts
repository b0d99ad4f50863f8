/** The names under which a server on loopback is meant to be asked. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * Whether a request to a server on loopback was meant for it. A page of another site can make a browser ask for `http://its.name:PORT` with a
 * name that it points at 127.0.0.1 (DNS rebinding): the Host header gives that away. A request across sites brings another `Origin`.
 */
export function isLocalRequest(request: Request): boolean {
  const host = request.headers.get("host");
  if (host === null || !LOCAL_NAMES.has(host.replace(/:\d+$/, "").toLowerCase())) return false;
  const origin = request.headers.get("origin");
  return origin === null || origin.toLowerCase() === `http://${host.toLowerCase()}`;
}
