import { asPort, type Port } from "../model/port.ts";

/** The parts of `[HOST:]PORT`; undefined when the port is none. */
export function apiPortOf(text: string): { readonly host: string; readonly port: Port } | undefined {
  const colon = text.lastIndexOf(":");
  const port = asPort(Number(text.slice(colon + 1)));
  return port === undefined ? undefined : { host: text.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, ""), port };
}
