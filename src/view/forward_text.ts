import type { ForwardStatus, SocketAddress } from "../model/status.ts";
import { addressText, listenText } from "./address_text.ts";
import { oneLine } from "./text.ts";

/** Ports that speak HTTP nearly always: a URL that can be clicked helps there, and misleads anywhere else. */
export const HTTP = /^(?:80|8080|8000|3000|http|web|https?-web|http-.*|.*-http)$/;
/** The same for TLS. */
export const HTTPS = /^(?:443|8443|https|https-.*|.*-https)$/;

/** Where a forward is reached: `http://localhost:3000` where the target's port speaks HTTP by its number or name, else `localhost:5432`. */
export function urlText(
  { listen, targetPort }: { readonly listen: readonly SocketAddress[]; readonly targetPort: string },
): string {
  const places = listenText(listen.map(addressText)).split(",").filter((place) => place !== "");
  const scheme = HTTPS.test(targetPort) ? "https://" : HTTP.test(targetPort) ? "http://" : "";
  return places.map((place) => scheme + place.replace(/^0\.0\.0\.0:|^\[::\]:/, "localhost:")).join(", ");
}

/** A forward in one line: `http://localhost:3000 is service default/web:80, direct`. */
export function forwardText(forward: ForwardStatus): string {
  const target = `${oneLine(forward.target)}:${oneLine(forward.targetPort)}`;
  const route = forward.route === null ? "" : `, ${forward.route}`;
  const url = urlText(forward);
  return url === "" ? `${target}${route}` : `${url} is ${target}${route}`;
}
