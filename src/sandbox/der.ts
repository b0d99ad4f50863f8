/** A writer for the few ASN.1 DER types that an X.509 certificate needs (ITU-T X.690). Each function returns one encoded value. */

/** Tag, length and the parts, joined. */
export function tagged(tag: number, ...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const sizes: number[] = [];
  if (length < 0x80) sizes.push(length);
  else {
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) sizes.unshift(rest & 0xff);
    sizes.unshift(0x80 | sizes.length);
  }
  const out = new Uint8Array(1 + sizes.length + length);
  out[0] = tag;
  out.set(sizes, 1);
  let at = 1 + sizes.length;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** SEQUENCE. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return tagged(0x30, ...parts);
}

/** SET. */
export function set(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return tagged(0x31, ...parts);
}

/** A non-negative INTEGER from its big-endian bytes: leading zeros dropped, one put back where the sign bit would be set. */
export function integer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const body = bytes.subarray(from);
  return (body[0] ?? 0) >= 0x80 ? tagged(0x02, Uint8Array.of(0), body) : tagged(0x02, body);
}

/** BOOLEAN TRUE. */
export function yes(): Uint8Array<ArrayBuffer> {
  return tagged(0x01, Uint8Array.of(0xff));
}

/** BIT STRING of whole bytes, or with `unused` low bits of the last one left out. */
export function bits(bytes: Uint8Array, unused = 0): Uint8Array<ArrayBuffer> {
  return tagged(0x03, Uint8Array.of(unused), bytes);
}

/** OCTET STRING. */
export function octets(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return tagged(0x04, bytes);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array<ArrayBuffer> {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const body: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      digits.unshift(0x80 | (left & 0x7f));
    }
    body.push(...digits);
  }
  return tagged(0x06, Uint8Array.from(body));
}

/** UTF8String. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return tagged(0x0c, new TextEncoder().encode(text));
}

/** UTCTime, seconds resolution: right for the years 1950 to 2049 (RFC 5280, 4.1.2.5.1). */
export function utcTime(milliseconds: number): Uint8Array<ArrayBuffer> {
  const text = new Date(milliseconds).toISOString().replace(/\.\d+/, "").replaceAll(/[-:T]/g, "").slice(2);
  return tagged(0x17, new TextEncoder().encode(text));
}
