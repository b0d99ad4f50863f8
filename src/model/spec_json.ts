import type { Json } from "./json.ts";
import { asPort, type Port } from "./port.ts";
import type { Where } from "./source.ts";
import type { BackoffSpec, ForwardSpec, HealthSpec, LocalPort, ProbeSpec, Target } from "./workspace.ts";

/** A spec as plain JSON: what `decodeSpec` reads. */
export function encodeSpec(spec: ForwardSpec): { readonly [name: string]: Json } {
  return JSON.parse(JSON.stringify(spec)) as { readonly [name: string]: Json };
}

/** What became of JSON that should be a spec. `problem` names the field: `local.port: not a port`. */
export type DecodedSpec =
  | { readonly ok: true; readonly spec: ForwardSpec }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a spec from JSON that came from outside this process, and checks every field. Fields it does not know are left out, so that
 * a newer peer may send more; so are `expose` and `blocked`, which no running forward is told by.
 */
export function decodeSpec(value: unknown): DecodedSpec {
  try {
    return { ok: true, spec: spec(new Field(value, "")) };
  } catch (error) {
    if (error instanceof Misfit) return { ok: false, problem: error.message };
    throw error;
  }
}

/** Ends the decoding of one spec; never leaves this file. */
class Misfit extends Error {}

/** A value and the way to it. */
class Field {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  at(name: string): Field {
    const inner = this.#object()[name];
    return new Field(inner, this.#path === "" ? name : `${this.#path}.${name}`);
  }

  has(name: string): boolean {
    return this.#object()[name] !== undefined;
  }

  text(): string {
    return typeof this.#value === "string" ? this.#value : this.fail("text");
  }

  truth(): boolean {
    return typeof this.#value === "boolean" ? this.#value : this.fail("true or false");
  }

  /** A whole number from `least` on. */
  count(least: number): number {
    const value = this.#value;
    return typeof value === "number" && Number.isSafeInteger(value) && value >= least
      ? value
      : this.fail("a whole number");
  }

  port(): Port {
    return (typeof this.#value === "number" ? asPort(this.#value) : undefined) ?? this.fail("a port");
  }

  portOrName(): Port | string {
    return typeof this.#value === "string" ? this.#value : this.port();
  }

  oneOf<const W extends readonly string[]>(words: W): W[number] {
    return words.find((word) => word === this.#value) ?? this.fail(`one of ${words.join(", ")}`);
  }

  texts(): readonly string[] {
    if (!Array.isArray(this.#value)) return this.fail("a list");
    return this.#value.map((item, index) => new Field(item, `${this.#path}[${index}]`).text());
  }

  pairs(): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.keys(this.#object()).map((name) => [name, this.at(name).text()]));
  }

  fail(wanted: string): never {
    throw new Misfit(`${this.#path || "the spec"}: not ${wanted}`);
  }

  #object(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    // The one cast: an object that is not a list is a record of unknown values.
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Readonly<Record<string, unknown>>
      : this.fail("an object");
  }
}

function spec(field: Field): ForwardSpec {
  return {
    name: field.at("name").text(),
    cluster: field.at("cluster").text(),
    target: target(field.at("target")),
    port: field.at("port").portOrName(),
    protocol: field.at("protocol").oneOf(["tcp", "udp"]),
    local: local(field.at("local")),
    bind: field.at("bind").texts(),
    route: field.at("route").oneOf(["auto", "direct", "tunnel"]),
    balance: field.at("balance").oneOf(["auto", "newest", "round-robin", "sticky"]),
    hold: field.at("hold").count(0),
    health: health(field.at("health")),
    backoff: backoff(field.at("backoff")),
    reconnect: field.at("reconnect").truth(),
    onConflict: field.at("onConflict").oneOf(["fail", "next-free", "take-over"]),
    ...(field.has("hosts")
      ? { hosts: { kind: "alb", listener: field.at("hosts").at("listener").port() } as const }
      : {}),
    where: where(field.at("where")),
    localWhere: where(field.at("localWhere")),
  };
}

const TARGET_KINDS = [
  "service",
  "pod",
  "deployment",
  "statefulset",
  "selector",
  "ecsService",
  "ecsTask",
  "ecsTags",
  "nodePort",
  "exposed",
] as const;

function target(field: Field): Target {
  const kind = field.at("kind").oneOf(TARGET_KINDS);
  switch (kind) {
    case "service":
    case "pod":
    case "deployment":
    case "statefulset":
      return { kind, namespace: field.at("namespace").text(), name: field.at("name").text() };
    case "selector":
      return { kind, namespace: field.at("namespace").text(), labels: field.at("labels").pairs() };
    case "ecsService":
      return { kind, ecsCluster: field.at("ecsCluster").text(), name: field.at("name").text() };
    case "ecsTask":
      return { kind, ecsCluster: field.at("ecsCluster").text(), id: field.at("id").text() };
    case "ecsTags":
      return { kind, ecsCluster: field.at("ecsCluster").text(), tags: field.at("tags").pairs() };
    case "nodePort":
      return { kind, nodePort: field.at("nodePort").port() };
    case "exposed":
      return { kind, target: target(field.at("target")), nodePort: field.at("nodePort").port() };
    default:
      return kind satisfies never;
  }
}

function local(field: Field): LocalPort {
  const kind = field.at("kind").oneOf(["fixed", "range", "auto"]);
  if (kind === "auto") return { kind };
  if (kind === "fixed") return { kind, port: field.at("port").port() };
  const range = { first: field.at("range").at("first").port(), last: field.at("range").at("last").port() };
  return range.first <= range.last ? { kind, range } : field.at("range").fail("a range that begins before it ends");
}

function health(field: Field): HealthSpec {
  return {
    every: field.at("every").count(1),
    timeout: field.at("timeout").count(1),
    failures: field.at("failures").count(1),
    probe: probe(field.at("probe")),
  };
}

function probe(field: Field): ProbeSpec {
  const kind = field.at("kind").oneOf(["tcp", "http", "exec", "none"]);
  if (kind === "exec") return { kind, argv: field.at("argv").texts() };
  if (kind !== "http") return { kind };
  return {
    kind,
    path: field.at("path").text(),
    ...(field.has("status") ? { status: field.at("status").count(100) } : {}),
  };
}

function backoff(field: Field): BackoffSpec {
  return { initial: field.at("initial").count(1), max: field.at("max").count(1) };
}

function where(field: Field): Where {
  return {
    file: field.at("file").text(),
    line: field.at("line").count(1),
    column: field.at("column").count(1),
    length: field.at("length").count(1),
  };
}
