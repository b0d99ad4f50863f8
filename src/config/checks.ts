import { canonicalAddress } from "./addresses.ts";
import { apiPortOf } from "./api_port.ts";
import { parseDuration } from "./durations.ts";
import { parsePortRange } from "../model/port.ts";

/** What a text must be beyond its form, as data: a duration of at least `least` milliseconds, an address, … */
export interface Check {
  readonly is: string;
  readonly least?: number | undefined;
}

/** Whether a text is what a check asks for. Nothing is what an unknown check asks for. */
export function holds(text: string, { is, least = 0 }: Check): boolean {
  switch (is) {
    case "duration":
      return (parseDuration(text) ?? -1) >= least;
    case "address":
      return canonicalAddress(text) !== undefined;
    case "port range":
      return parsePortRange(text) !== undefined;
    case "API port":
      return apiPortOf(text) !== undefined;
    default:
      return false;
  }
}
