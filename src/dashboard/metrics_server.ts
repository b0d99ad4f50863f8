import { isLocalRequest } from "./local_requests.ts";

/** What is served under `/metrics`. */
export interface MetricsPage {
  readonly contentType: string;
  render(): Promise<string>;
}

/** A served metrics page. */
export interface MetricsServer {
  readonly url: string;
  /** Answers what was asked, and lets go of the port. */
  close(): Promise<void>;
}

/** Serves metrics on 127.0.0.1. `port` 0: any that is free. Rejects with `Deno.errors.AddrInUse` where the port is taken. */
export async function serveMetrics(page: MetricsPage, { port }: { readonly port: number }): Promise<MetricsServer> {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {}, onError: () => text("Internal error", 500) },
    async (request) => {
      if (!isLocalRequest(request)) return text("Only for this machine: ask for localhost", 403);
      if (new URL(request.url).pathname !== "/metrics") return text("Not found. The metrics are at /metrics", 404);
      if (request.method !== "GET" && request.method !== "HEAD") return text("Use GET", 405);
      return new Response(await page.render(), {
        headers: { "content-type": page.contentType, "cache-control": "no-store" },
      });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}/metrics`;
  return await Promise.resolve({ url, close: () => server.shutdown() });
}

function text(message: string, status: number): Response {
  return new Response(`${message}\n`, { status });
}
