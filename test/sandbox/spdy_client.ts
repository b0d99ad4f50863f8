import { FrameParser } from "../../src/kube/spdy/frame_parser.ts";
import { encodeData, encodePing, encodeRstStream, encodeSynStream } from "../../src/kube/spdy/frame_writer.ts";
import { RST_STATUS } from "../../src/kube/spdy/frames.ts";
import { HeaderBlockEncoder } from "../../src/kube/spdy/headers.ts";
import type { Carrier } from "../../src/sandbox/faults.ts";
import type { Access } from "./rig.ts";

/** The refusal of an upgrade. */
export class UpgradeRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The upgrade was answered with ${status}`);
    this.status = status;
  }
}

/** What came on one stream. */
interface Received {
  text: string;
  ended: boolean;
  reset: boolean;
}

/** A plain SPDY/3.1 port-forward client, for tests: keeps all that comes in memory. */
export class SpdyClient {
  readonly pings: number[] = [];
  /** What happened, in order: `data 3`, `fin 3`, `fin 1`. */
  readonly order: string[] = [];
  goneAway = false;
  readonly ended: Promise<void>;
  readonly #conn: Deno.TlsConn;
  readonly #carrier: Carrier;
  readonly #headers = new HeaderBlockEncoder();
  readonly #streams = new Map<number, Received>();
  readonly #decoder = new TextDecoder();
  #nextId = 1;
  #wake = Promise.withResolvers<void>();

  private constructor(conn: Deno.TlsConn, options: { readonly carrier: Carrier; readonly rest: Uint8Array }) {
    this.#conn = conn;
    this.#carrier = options.carrier;
    this.ended = this.#run(options.rest);
  }

  /** Opens a tunnel. Rejects with `UpgradeRefused`. */
  static async open(
    access: Access,
    options: { readonly pod: string; readonly carrier: Carrier; readonly namespace?: string },
  ): Promise<SpdyClient> {
    const { hostname, port, host } = new URL(access.server);
    const conn = await Deno.connectTls({
      hostname,
      port: Number(port),
      caCerts: [access.ca],
      alpnProtocols: ["http/1.1"],
    });
    const upgrade = options.carrier === "spdy"
      ? ["Upgrade: SPDY/3.1", "X-Stream-Protocol-Version: portforward.k8s.io", "Content-Length: 0"]
      : [
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Protocol: SPDY/3.1+portforward.k8s.io",
      ];
    const path = `/api/v1/namespaces/${options.namespace ?? "default"}/pods/${options.pod}/portforward`;
    const lines = [
      `${options.carrier === "spdy" ? "POST" : "GET"} ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${access.token}`,
      "Connection: Upgrade",
      ...upgrade,
    ];
    await conn.write(new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`));
    let head = new Uint8Array(0);
    let end = -1;
    while (end < 0) {
      const buffer = new Uint8Array(4096);
      const count = await conn.read(buffer);
      if (count === null) throw new Error("The server left");
      head = Uint8Array.from([...head, ...buffer.subarray(0, count)]);
      end = new TextDecoder("latin1").decode(head).indexOf("\r\n\r\n");
    }
    const status = Number(new TextDecoder().decode(head).split(" ")[1]);
    if (status !== 101) {
      conn.close();
      throw new UpgradeRefused(status);
    }
    return new SpdyClient(conn, { carrier: options.carrier, rest: head.subarray(end + 4) });
  }

  /** Opens the two streams of a connection to a port. */
  async connect(port: number): Promise<{ readonly data: number; readonly error: number }> {
    const error = this.#nextId;
    const data = this.#nextId + 2;
    this.#nextId += 4;
    for (const [id, streamtype] of [[error, "error"], [data, "data"]] as const) {
      this.#streams.set(id, { text: "", ended: false, reset: false });
      const headerBlock = this.#headers.encode([["streamtype", streamtype], ["port", String(port)], [
        "requestid",
        String(error),
      ]]);
      await this.send(encodeSynStream(id, { headerBlock, fin: streamtype === "error" }));
    }
    return { data, error };
  }

  async write(id: number, text: string, fin = false): Promise<void> {
    await this.send(encodeData(id, { payload: new TextEncoder().encode(text), fin }));
  }

  async reset(id: number): Promise<void> {
    await this.send(encodeRstStream(id, RST_STATUS.cancel));
  }

  async ping(id: number): Promise<void> {
    await this.send(encodePing(id));
  }

  /** All that came on a stream, once it has ended. */
  async all(id: number): Promise<string> {
    await this.until(() => this.#streams.get(id)?.ended ?? true);
    return this.#streams.get(id)?.text ?? "";
  }

  /** Whether the server reset a stream. */
  wasReset(id: number): boolean {
    return this.#streams.get(id)?.reset ?? false;
  }

  /** What came on a stream so far. */
  soFar(id: number): string {
    return this.#streams.get(id)?.text ?? "";
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#wake.promise;
  }

  async close(): Promise<void> {
    try {
      this.#conn.close();
    } catch {
      // The server was faster.
    }
    await this.ended;
  }

  /** Sends bytes, over WebSocket as one binary message with the mask 1 2 3 4. */
  async send(bytes: Uint8Array): Promise<void> {
    if (this.#carrier === "spdy") return await writeAll(this.#conn, bytes);
    const long = bytes.length > 65535;
    const frame = new Uint8Array((long ? 14 : 8) + bytes.length);
    const view = new DataView(frame.buffer);
    frame[0] = 0x82;
    frame[1] = 0x80 | (long ? 127 : 126);
    if (long) view.setBigUint64(2, BigInt(bytes.length));
    else view.setUint16(2, bytes.length);
    const at = long ? 10 : 4;
    frame.set([1, 2, 3, 4], at);
    bytes.forEach((byte, index) => frame[at + 4 + index] = byte ^ ((index & 3) + 1));
    await writeAll(this.#conn, frame);
  }

  async #run(rest: Uint8Array): Promise<void> {
    const parser = new FrameParser();
    const unframe = this.#carrier === "spdy" ? (bytes: Uint8Array) => bytes : webSocketPayloads();
    const buffer = new Uint8Array(64 * 1024);
    const take = (bytes: Uint8Array) => {
      parser.push(unframe(bytes), {
        data: (id, payload, fin) => {
          const stream = this.#streams.get(id);
          if (stream === undefined) return;
          stream.text += this.#decoder.decode(payload);
          stream.ended ||= fin;
          if (payload.length > 0) this.order.push(`data ${id}`);
          if (fin) this.order.push(`fin ${id}`);
        },
        control: (frame) => {
          if (frame.type === "ping") this.pings.push(frame.id);
          if (frame.type === "goAway") this.goneAway = true;
          if (frame.type !== "rstStream") return;
          const stream = this.#streams.get(frame.streamId);
          if (stream !== undefined) stream.ended = stream.reset = true;
        },
      });
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    };
    try {
      take(rest);
      for (let count = await this.#conn.read(buffer); count !== null; count = await this.#conn.read(buffer)) {
        take(buffer.subarray(0, count));
      }
      this.#conn.close();
    } catch {
      // Closed by either side.
    }
    for (const stream of this.#streams.values()) stream.ended = true;
    this.#wake.resolve();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
}

/** Takes the payloads out of a server's binary messages, wherever they are cut. */
function webSocketPayloads(): (bytes: Uint8Array) => Uint8Array {
  let held: number[] = [];
  return (bytes) => {
    held = [...held, ...bytes];
    const out: number[] = [];
    while (held.length >= 2) {
      const short = (held[1] ?? 0) & 0x7f;
      const extra = short === 127 ? 8 : short === 126 ? 2 : 0;
      if (held.length < 2 + extra) break;
      const length = extra === 0 ? short : held.slice(2, 2 + extra).reduce((sum, byte) => sum * 256 + byte, 0);
      if (held.length < 2 + extra + length) break;
      if (((held[0] ?? 0) & 0x0f) < 8) out.push(...held.slice(2 + extra, 2 + extra + length));
      held = held.slice(2 + extra + length);
    }
    return Uint8Array.from(out);
  };
}
