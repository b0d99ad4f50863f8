import { timingSafeEqual } from "node:crypto";
import { isLocalRequest } from "./local_requests.ts";
import type { MetricsPage } from "./metrics_server.ts";
import { loadPage } from "./page.ts";

/** What the dashboard shows, and where. */
export interface DashboardOptions {
  /** The port of 127.0.0.1; 0: any that is free. */
  readonly port: number;
  /** Whoever has it may see everything and stop forwards: it is in the link, and nowhere else. */
  readonly token: string;
  /** The control API, for paths under `/v1`. */
  readonly api: (request: Request) => Promise<Response>;
  /** What `/metrics` shows; it needs no token, as scrapers have none. */
  readonly metrics: MetricsPage;
}

/** A served dashboard. */
export interface DashboardServer {
  /** The page's link, with the token. */
  readonly link: string;
  /** Answers what was asked, and lets go of the port. Event streams must have been ended before. */
  close(): Promise<void>;
}

const SECURITY: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

/**
 * Serves the web page on 127.0.0.1. Every request must name this machine as its Host, come from no other site, and bring the token: in the link
 * (`?token=`), or as `Authorization: Bearer`. Rejects with `Deno.errors.AddrInUse` where the port is taken.
 */
export async function serveDashboard({ port, token, api, metrics }: DashboardOptions): Promise<DashboardServer> {
  const page = await loadPage(token);
  const handler = async (request: Request): Promise<Response> => {
    if (!isLocalRequest(request)) return refuse("Only for this machine: ask for localhost");
    const url = new URL(request.url);
    if (url.pathname === "/metrics" && request.method === "GET") {
      return new Response(await metrics.render(), { headers: { ...SECURITY, "content-type": metrics.contentType } });
    }
    if (!hasToken(request, { url, token })) {
      return refuse("The token is missing or is not that of this run. Use the link that `up` printed");
    }
    if (url.pathname.startsWith("/v1/")) return secured(await api(request));
    const file = request.method === "GET" ? page.get(url.pathname) : undefined;
    if (file === undefined) return new Response("Not found\n", { status: 404, headers: SECURITY });
    return new Response(file.text, { headers: { ...SECURITY, "content-type": file.type } });
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {}, onError: () => new Response(null, { status: 500 }) },
    handler,
  );
  return { link: `http://127.0.0.1:${server.addr.port}/?token=${token}`, close: () => server.shutdown() };
}

/** 32 random bytes as text that needs no escaping in a URL. */
export function newToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
}

function hasToken(request: Request, { url, token }: { readonly url: URL; readonly token: string }): boolean {
  const given = request.headers.get("authorization")?.replace(/^Bearer /, "") ?? url.searchParams.get("token") ?? "";
  const encoder = new TextEncoder();
  const [is, wanted] = [encoder.encode(given), encoder.encode(token)];
  return is.length === wanted.length && timingSafeEqual(is, wanted);
}

function secured(response: Response): Response {
  for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
  return response;
}

function refuse(message: string): Response {
  return new Response(`${message}\n`, { status: 403, headers: SECURITY });
}
