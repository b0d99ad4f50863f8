/** An IP address as a number of 32 or 128 bits. */
export interface IpNumber {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Reads an IPv4 or IPv6 address; null for what is none. An IPv4 address written as IPv6 is the IPv4 address. */
export function parseIp(text: string): IpNumber | null {
  const v4 = parseV4(text);
  if (v4 !== null) return { bits: 32, value: v4 };
  if (!text.includes(":")) return null;
  const mixed = /^(.*:)([^:]*\.[^:]*)$/.exec(text);
  const tail = mixed === null ? null : parseV4(mixed[2] ?? "");
  if (mixed !== null && tail === null) return null;
  const plain = mixed === null || tail === null
    ? text
    : `${mixed[1]}${(tail >> 16n).toString(16)}:${(tail & 0xffffn).toString(16)}`;
  const halves = plain.split("::");
  if (halves.length > 2) return null;
  const [head = [], rest = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const missing = 8 - head.length - rest.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array<string>(halves.length === 1 ? 0 : missing).fill("0"), ...rest];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

/** Whether an address lies in a block as `10.0.0.0/8`. What is no block holds nothing. */
export function isInBlock(address: IpNumber, block: string): boolean {
  const [written = "", length = ""] = block.split("/");
  const base = parseIp(written);
  if (base === null || base.bits !== address.bits || !/^\d{1,3}$/.test(length) || Number(length) > base.bits) {
    return false;
  }
  const shift = BigInt(base.bits - Number(length));
  return base.value >> shift === address.value >> shift;
}

function parseV4(text: string): bigint | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return null;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}
