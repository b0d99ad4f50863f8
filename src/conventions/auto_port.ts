import { type Port, port } from "../model/port.ts";

/** The first of the local ports that `local: auto` takes from. */
const AUTO_PORT_FIRST = 20000;
/** The last of them. */
const AUTO_PORT_LAST = 29999;

const SIZE = AUTO_PORT_LAST - AUTO_PORT_FIRST + 1;

/**
 * The local port that a forward of this name gets with `local: auto`: a hash of the name within 20000-29999, so it is
 * the same on every machine and does not move when other forwards come and go.
 *
 * The hash is FNV-1a (32 bit) over the name's UTF-8 bytes, then the finaliser of MurmurHash3: FNV-1a alone leaves
 * names that differ in their last letter (`web-1`, `web-2`) close together. The result modulo 10,000 is added to 20000.
 * This is a contract: a change of it moves every team's ports.
 */
export function autoPort(name: string): Port {
  return port(AUTO_PORT_FIRST + hash(name) % SIZE);
}

/** All ports of the range in the order in which a forward of this name tries them: its own, then upwards, round the end. */
export function* autoPortCandidates(name: string): Generator<Port> {
  const first = hash(name) % SIZE;
  for (let step = 0; step < SIZE; step++) yield port(AUTO_PORT_FIRST + (first + step) % SIZE);
}

function hash(name: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) value = Math.imul(value ^ byte, 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
