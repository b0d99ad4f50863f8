import type { BackoffSpec, ForwardSpec, HealthSpec, ProbeSpec } from "../model/workspace.ts";
import { canonicalAddress, isAny } from "./addresses.ts";
import { parseDuration } from "./durations.ts";
import type { Reporter } from "./reporter.ts";
import type { Behaviour } from "./schema.ts";
import { keyAt, tokenAt } from "./tokens.ts";
import { locate, type MapTree } from "./tree.ts";

/** The part of a forward that `defaults` may set. */
export type BehaviourSpec = Pick<
  ForwardSpec,
  "bind" | "route" | "balance" | "hold" | "health" | "backoff" | "reconnect" | "onConflict"
>;

/** What holds where neither the forward nor `defaults` says anything. */
export const BUILT_IN: BehaviourSpec = {
  bind: ["127.0.0.1", "::1"],
  route: "auto",
  balance: "auto",
  hold: 5_000,
  health: { every: 30_000, timeout: 2_000, failures: 3, probe: { kind: "tcp" } },
  backoff: { initial: 1_000, max: 60_000 },
  reconnect: true,
  onConflict: "fail",
};

/** What was written at `path` (`defaults` or a forward), laid over what holds without it. Reports what does not go together. */
export function readBehaviour(
  written: Behaviour,
  base: BehaviourSpec,
  at: { readonly root: MapTree; readonly path: readonly string[]; readonly reporter: Reporter },
): BehaviourSpec {
  const { root, path, reporter } = at;
  return {
    bind: written.bind === undefined ? base.bind : readBind(written.bind, at),
    route: written.route ?? base.route,
    balance: written.balance ?? base.balance,
    hold: milliseconds(written.hold, base.hold),
    health: readHealth(written.health, base.health, () => {
      reporter.report({
        code: "PF0030",
        message: "A probe is either 'http' or 'exec'",
        at: keyAt(root, [...path, "health", "probe"]),
        help: "write { http: { path: /healthz } } or { exec: [command] }",
      });
    }),
    backoff: readBackoff(written.backoff, base.backoff, at),
    reconnect: written.reconnect ?? base.reconnect,
    onConflict: written.onConflict ?? base.onConflict,
  };
}

function readBind(
  written: string | readonly string[],
  { root, path, reporter }: Parameters<typeof readBehaviour>[2],
): readonly string[] {
  const list = typeof written === "string" ? [written] : written;
  const place = (index: number) => [...path, "bind", ...(typeof written === "string" ? [] : [index])];
  if (list.length === 0) {
    reporter.report({
      code: "PF0028",
      message: "'bind' is empty",
      at: tokenAt(root, place(0).slice(0, -1)),
      help: "name an address, or take the key out for 127.0.0.1 and ::1",
    });
  }
  const firstAt = new Map<string, number>();
  for (const [index, text] of list.entries()) {
    const address = canonicalAddress(text) ?? text;
    const first = firstAt.get(address);
    if (first !== undefined) {
      reporter.report({
        code: "PF0029",
        message: `Address '${address}' is in the list twice`,
        at: tokenAt(root, place(index)),
        notes: [{ message: "first time", at: tokenAt(root, place(first)) }],
      });
      continue;
    }
    firstAt.set(address, index);
    if (!isAny(address)) continue;
    reporter.report({
      code: "PF0026",
      severity: "warning",
      message: `Every machine on the network can connect to '${address}'`,
      at: tokenAt(root, place(index)),
      help: 'use 127.0.0.1 and "::1" unless that is meant',
    });
  }
  return [...firstAt.keys()];
}

function readHealth(written: Behaviour["health"], base: HealthSpec, badProbe: () => void): HealthSpec {
  if (written === undefined) return base;
  return {
    every: milliseconds(written.every, base.every),
    timeout: milliseconds(written.timeout, base.timeout),
    failures: written.failures ?? base.failures,
    probe: readProbe(written.probe, badProbe) ?? base.probe,
  };
}

function readProbe(
  written: NonNullable<Behaviour["health"]>["probe"],
  badProbe: () => void,
): ProbeSpec | undefined {
  if (written === undefined || typeof written === "string") {
    return written === undefined ? undefined : { kind: written };
  }
  const { http, exec } = written;
  if ((http === undefined) === (exec === undefined)) badProbe();
  if (exec !== undefined) return { kind: "exec", argv: exec };
  if (http === undefined) return undefined;
  return { kind: "http", path: http.path, ...(http.status === undefined ? {} : { status: http.status }) };
}

function readBackoff(
  written: Behaviour["backoff"],
  base: BackoffSpec,
  { root, path, reporter }: Parameters<typeof readBehaviour>[2],
): BackoffSpec {
  if (written === undefined) return base;
  const initial = milliseconds(written.initial, base.initial);
  const max = milliseconds(written.max, base.max);
  if (initial > max) {
    const key = written.initial === undefined ? "max" : "initial";
    const other = [...path, "backoff", key === "max" ? "initial" : "max"];
    reporter.report({
      code: "PF0031",
      message: `First wait ${initial} ms is longer than the longest, ${max} ms`,
      at: tokenAt(root, [...path, "backoff", key]),
      ...(locate(root, other).tree === undefined
        ? {}
        : { notes: [{ message: "the other one is", at: tokenAt(root, other) }] }),
      help: "make 'initial' shorter or 'max' longer",
    });
  }
  return { initial, max };
}

function milliseconds(text: string | undefined, base: number): number {
  return text === undefined ? base : parseDuration(text) ?? base;
}
