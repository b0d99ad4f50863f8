import type { Brand } from "./brand.ts";

/** A TCP or UDP port number, 1 to 65535. */
export type Port = Brand<number, "Port">;

/** Ports `first` to `last`, both included; `first <= last`. */
export interface PortRange {
  readonly first: Port;
  readonly last: Port;
}

/** `value` as a port, or undefined when it is not a whole number from 1 to 65535. */
export function asPort(value: number): Port | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 65535 ? value as Port : undefined;
}

/** `value` as a port. Throws a RangeError when it is none: for values that were checked before. */
export function port(value: number): Port {
  const checked = asPort(value);
  if (checked === undefined) throw new RangeError(`Not a port number: ${value}`);
  return checked;
}

/** Parses `"8080"` or `"9100-9110"`; undefined when it is neither or the ends are the wrong way round. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const first = asPort(Number(match[1]));
  const last = asPort(Number(match[2] ?? match[1]));
  return first !== undefined && last !== undefined && first <= last ? { first, last } : undefined;
}

/** The ports of a range, in order. */
export function* portsOf(range: PortRange): Generator<Port> {
  for (let value: number = range.first; value <= range.last; value++) yield value as Port;
}

/** How many ports a range holds. */
export function rangeSize(range: PortRange): number {
  return range.last - range.first + 1;
}
