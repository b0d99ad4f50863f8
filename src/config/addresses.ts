/** Addresses that stand for all addresses of this machine. */
const ANY = new Set(["0.0.0.0", "::"]);

/**
 * An IP address in its canonical form (`0:0::1` → `::1`), or undefined when the text is none. A zone (`fe80::1%eth0`) stays.
 */
export function canonicalAddress(text: string): string | undefined {
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (v4 !== null) {
    return v4.slice(1).every((part) => Number(part) <= 255 && String(Number(part)) === part) ? text : undefined;
  }
  const [address = "", zone, ...more] = text.split("%");
  if (more.length > 0 || zone === "" || !/^[0-9A-Fa-f:.]+$/.test(address) || !address.includes(":")) return undefined;
  // The URL parser is the one IPv6 parser that every platform has; it writes the form of RFC 5952.
  const url = URL.parse(`http://[${address}]/`);
  return url === null ? undefined : url.hostname.slice(1, -1) + (zone === undefined ? "" : `%${zone}`);
}

/** Whether an address means every address of this machine. */
export function isAny(address: string): boolean {
  return ANY.has(address);
}

/** Whether two canonical addresses share an address. `0.0.0.0` and `::` overlap everything: listening on `::` takes IPv4 too. */
export function overlap(a: string, b: string): boolean {
  return a === b || isAny(a) || isAny(b);
}
