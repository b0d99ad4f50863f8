import type { Duplex } from "../model/stream.ts";
import type { Clock, Log } from "../model/world.ts";
import type { Carrier, Faults } from "./faults.ts";
import type { HttpReply, HttpRequest } from "./http1.ts";
import type { Pod } from "./objects.ts";
import { badRequest } from "./status_error.ts";
import { type PodPort, TunnelServer } from "./tunnel_server.ts";
import { acceptKey, WebSocketDuplex } from "./websocket.ts";

/** A tunnel that is open, for the switches. */
export interface OpenTunnel {
  readonly pod: Pod;
  /** Tells the client to open no more streams on it. */
  goAway(): Promise<void>;
  close(): void;
}

const spdyProtocol = "portforward.k8s.io";
const webSocketProtocol = `SPDY/3.1+${spdyProtocol}`;

/**
 * The `portforward` subresource: upgrades the connection, by SPDY or WebSocket, and serves the tunnel until it ends. Rejects with
 * `ApiError` before the upgrade.
 */
export async function servePortForward(
  request: HttpRequest,
  options: {
    readonly reply: HttpReply;
    readonly pod: Pod;
    readonly clock: Clock;
    readonly log: Log;
    readonly open: Set<OpenTunnel>;
    readonly faults: Pick<Faults, "refusedUpgrades">;
    /** Where a container port listens now. */
    readonly localPort: (port: number) => PodPort;
  },
): Promise<void> {
  const { pod } = options;
  if (pod.spec.nodeName === undefined) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  const carrier = carrierOf(request);
  if (carrier === undefined || options.faults.refusedUpgrades.has(carrier)) {
    throw badRequest("Upgrade request required");
  }
  const connection = carrier === "spdy"
    ? await upgradeToSpdy(request, options.reply)
    : await upgradeToWebSocket(request, options.reply);
  const tunnel = new TunnelServer({ ...options, connection });
  const entry: OpenTunnel = { pod, goAway: () => tunnel.goAway(), close: () => connection.close() };
  options.open.add(entry);
  try {
    await tunnel.run();
  } finally {
    options.open.delete(entry);
    connection.close();
  }
}

function carrierOf(request: HttpRequest): Carrier | undefined {
  if (!(request.headers.get("connection") ?? "").toLowerCase().includes("upgrade")) return undefined;
  const upgrade = (request.headers.get("upgrade") ?? "").toLowerCase();
  if (upgrade === "websocket" && request.method === "GET") return "websocket";
  return upgrade === "spdy/3.1" && (request.method === "POST" || request.method === "GET") ? "spdy" : undefined;
}

async function upgradeToSpdy(request: HttpRequest, reply: HttpReply): Promise<Duplex> {
  const offered = listOf(request.headers.get("x-stream-protocol-version"));
  if (!offered.includes(spdyProtocol)) {
    throw badRequest(
      `unable to negotiate protocol: client supports [${offered.join(" ")}], server supports [${spdyProtocol}]`,
    );
  }
  return await reply.takeOver({
    Connection: "Upgrade",
    Upgrade: "SPDY/3.1",
    "X-Stream-Protocol-Version": spdyProtocol,
  });
}

async function upgradeToWebSocket(request: HttpRequest, reply: HttpReply): Promise<Duplex> {
  const key = request.headers.get("sec-websocket-key");
  if (key === null || request.headers.get("sec-websocket-version") !== "13") {
    throw badRequest("not a WebSocket handshake");
  }
  if (!listOf(request.headers.get("sec-websocket-protocol")).includes(webSocketProtocol)) {
    throw badRequest(`unable to upgrade: the subprotocol must be ${webSocketProtocol}`);
  }
  return new WebSocketDuplex(
    await reply.takeOver({
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Accept": await acceptKey(key),
      "Sec-WebSocket-Protocol": webSocketProtocol,
    }),
  );
}

function listOf(header: string | null): readonly string[] {
  return (header ?? "").split(",").map((part) => part.trim()).filter((part) => part !== "");
}
