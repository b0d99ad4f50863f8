import type { Socket } from "node:net";
import { AccessError } from "../model/cluster_access.ts";

/** The longest answer of a proxy that is looked at, in bytes. */
const MAX_ANSWER = 16 * 1024;

/**
 * Asks a proxy, on a connected socket, for a way to `host:port` (CONNECT, RFC 9110, section 9.3.6). Resolves when it is there; the socket is
 * paused then. Rejects with `AccessError` where the proxy refuses. Who destroys the socket ends the waiting.
 */
export function connectThrough(
  socket: Socket,
  { proxy, host, port }: { readonly proxy: URL; readonly host: string; readonly port: number },
): Promise<void> {
  const to = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new Promise((resolve, reject) => {
    let text = "";
    const fail = (message: string) => settle(() => reject(new AccessError("cluster-unreachable", message)));
    const settle = (act: () => void) => {
      socket.removeListener("data", heard);
      socket.removeListener("error", broke);
      socket.removeListener("close", closed);
      socket.pause();
      act();
    };
    const heard = (chunk: Uint8Array) => {
      text += new TextDecoder("latin1").decode(chunk);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) {
        if (text.length > MAX_ANSWER) fail(`the proxy ${proxy.host} does not speak HTTP`);
        return;
      }
      const [, code, words = ""] = /^HTTP\/1\.[01] (\d{3}) ?([^\r\n]*)/.exec(text) ?? [];
      if (code === undefined) return fail(`the proxy ${proxy.host} does not speak HTTP`);
      if (code === "200") return settle(resolve);
      if (code === "407") return fail(`the proxy ${proxy.host} wants credentials: write them into its address`);
      fail(`the proxy ${proxy.host} does not connect to ${to}: ${code} ${words}`.trimEnd());
    };
    const broke = (error: Error) => fail(`the proxy ${proxy.host} failed: ${error.message}`);
    const closed = () => fail(`the proxy ${proxy.host} closed the connection`);
    socket.on("data", heard);
    socket.on("error", broke);
    socket.on("close", closed);
    socket.resume();
    socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\nUser-Agent: berth\r\n${credentials(proxy)}\r\n`);
  });
}

function credentials({ username, password }: URL): string {
  if (username === "" && password === "") return "";
  const pair = new TextEncoder().encode(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  return `Proxy-Authorization: Basic ${btoa(String.fromCharCode(...pair))}\r\n`;
}
