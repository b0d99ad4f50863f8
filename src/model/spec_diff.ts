import {
  type BackoffSpec,
  describeTarget,
  type ForwardSpec,
  type HealthSpec,
  type LocalPort,
  type ProbeSpec,
} from "./workspace.ts";

/** One field of a forward that is not the same in two specs. */
export interface SpecChange {
  readonly field: Exclude<keyof ForwardSpec, "name" | "where" | "localWhere" | "expose" | "blocked">;
  /** For people: `local port changed from 3000 to 3001`. */
  readonly phrase: string;
}

type Say = { readonly [F in SpecChange["field"]]: readonly [words: string, show: (spec: ForwardSpec) => string] };

/** In the order in which a reader wants to hear of them. */
const FIELDS: Say = {
  cluster: ["cluster", (spec) => spec.cluster],
  target: ["target", (spec) => describeTarget(spec.target)],
  port: ["target port", (spec) => String(spec.port)],
  protocol: ["protocol", (spec) => spec.protocol],
  local: ["local port", (spec) => localWords(spec.local)],
  bind: ["listening address", (spec) => spec.bind.join(", ")],
  route: ["route", (spec) => spec.route],
  balance: ["balance", (spec) => spec.balance],
  hold: ["hold", (spec) => milliseconds(spec.hold)],
  health: ["health check", (spec) => healthWords(spec.health)],
  backoff: ["backoff", (spec) => backoffWords(spec.backoff)],
  reconnect: ["reconnect", (spec) => String(spec.reconnect)],
  onConflict: ["onConflict", (spec) => spec.onConflict],
  hosts: ["hosts", (spec) => spec.hosts === undefined ? "off" : `on for listener ${spec.hosts.listener}`],
};

/**
 * What differs between two specs of one forward, in a fixed order; empty when they ask for the same. Places in the file do not
 * count, nor does the order of labels and tags, nor what others keep for it (`expose`); the order of addresses does.
 */
export function specChanges(from: ForwardSpec, to: ForwardSpec): readonly SpecChange[] {
  return (Object.keys(FIELDS) as SpecChange["field"][]).flatMap((field) => {
    if (canonical(from[field]) === canonical(to[field])) return [];
    const [words, show] = FIELDS[field];
    return [{ field, phrase: `${words} changed from ${show(from)} to ${show(to)}` }];
  });
}

/** The phrases of `specChanges`; empty when both ask for the same. */
export function describeSpecChanges(from: ForwardSpec, to: ForwardSpec): readonly string[] {
  return specChanges(from, to).map((change) => change.phrase);
}

/** A value as text that is the same for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_key, inner: unknown) =>
      typeof inner === "object" && inner !== null && !Array.isArray(inner)
        ? Object.entries(inner).sort(([a], [b]) => a < b ? -1 : 1)
        : inner,
  );
}

/** A local port in words: `3000`, `9100-9110`, `auto`. */
function localWords(local: LocalPort): string {
  if (local.kind === "auto") return "auto";
  return local.kind === "fixed" ? String(local.port) : `${local.range.first}-${local.range.last}`;
}

function healthWords(health: HealthSpec): string {
  return `${probeWords(health.probe)} every ${milliseconds(health.every)} (timeout ${milliseconds(health.timeout)}, ` +
    `${health.failures} failures)`;
}

function probeWords(probe: ProbeSpec): string {
  if (probe.kind === "exec") return `exec ${probe.argv.join(" ")}`;
  if (probe.kind !== "http") return probe.kind;
  return `http ${probe.path}${probe.status === undefined ? "" : ` ${probe.status}`}`;
}

function backoffWords(backoff: BackoffSpec): string {
  return `${milliseconds(backoff.initial)}-${milliseconds(backoff.max)}`;
}

function milliseconds(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
