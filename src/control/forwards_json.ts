import type { RunningForward } from "../model/forwarders.ts";
import type { Json } from "../model/json.ts";
import { asPort } from "../model/port.ts";
import { decodeSpec, encodeSpec } from "../model/spec_json.ts";
import type { SocketAddress } from "../model/status.ts";
import { checkVersion, malformed, record } from "./wire.ts";

/** What runs, for the wire. */
export function encodeForwards(running: readonly RunningForward[]): { readonly [name: string]: Json } {
  return {
    formatVersion: 1,
    forwards: running.map(({ spec, listen }) => ({
      spec: encodeSpec(spec),
      listen: listen.map(({ host, port }) => ({ host, port })),
    })),
  };
}

/** What runs, from the wire. Throws `ControlError("protocol")`. */
export function decodeForwards(value: unknown): readonly RunningForward[] {
  const document = record(value, "list of forwards");
  checkVersion(document);
  const { forwards } = document;
  if (!Array.isArray(forwards)) throw malformed("list of forwards");
  return forwards.map((each: unknown): RunningForward => {
    const { spec, listen } = record(each, "forward");
    if (!Array.isArray(listen)) throw malformed("forward");
    return { spec: decode(spec), listen: listen.map(address) };
  });
}

function decode(value: unknown): RunningForward["spec"] {
  const decoded = decodeSpec(value);
  if (!decoded.ok) throw malformed(`forward (${decoded.problem})`);
  return decoded.spec;
}

function address(value: unknown): SocketAddress {
  const { host, port } = record(value, "address");
  const checked = typeof port === "number" ? asPort(port) : undefined;
  if (typeof host !== "string" || checked === undefined) throw malformed("address");
  return { host, port: checked };
}
