import type { SocketAddress } from "../model/status.ts";

/** `127.0.0.1:3000`, `[::1]:3000`. */
export function addressText({ host, port }: SocketAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Listening addresses as a person would type one: `localhost:3000` where both loopbacks listen on the same port, else
 * each as it is. Takes the texts that `addressText` makes; an empty list gives an empty text.
 */
export function listenText(addresses: readonly string[]): string {
  const left = [...addresses];
  const shown: string[] = [];
  while (left.length > 0) {
    const one = left.shift() ?? "";
    const split = splitAddress(one);
    const other = split === null ? undefined : twin(split.host);
    const at = other === undefined || split === null ? -1 : left.indexOf(`${other}:${split.port}`);
    if (split !== null && at >= 0) {
      left.splice(at, 1);
      shown.push(`localhost:${split.port}`);
    } else {
      shown.push(one);
    }
  }
  return shown.join(",");
}

/** The ports alone, `:3000`, where there is no room for more. */
export function portsText(addresses: readonly SocketAddress[]): string {
  return [...new Set(addresses.map((address) => `:${address.port}`))].join(",");
}

function twin(host: string): string | undefined {
  if (host === "127.0.0.1") return "[::1]";
  return host === "[::1]" ? "127.0.0.1" : undefined;
}

function splitAddress(text: string): { readonly host: string; readonly port: string } | null {
  const at = text.lastIndexOf(":");
  return at < 0 ? null : { host: text.slice(0, at), port: text.slice(at + 1) };
}
