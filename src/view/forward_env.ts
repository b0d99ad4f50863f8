import type { ForwardStatus } from "../model/status.ts";
import { addressText } from "./address_text.ts";

/** The shells and files that variables can be written for. */
export type EnvFormat = "sh" | "fish" | "json" | "dotenv";

/** Where a forward listens, for programs. */
export interface ForwardAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** Schemes by the target's port, where it is one that everybody keeps. */
const SCHEMES: ReadonlyMap<string, string> = new Map([
  ...["443", "6443", "8443", "9443"].map((port) => [port, "https"] as const),
  ["22", "ssh"],
  ["3306", "mysql"],
  ["4222", "nats"],
  ["5432", "postgresql"],
  ["5672", "amqp"],
  ["6379", "redis"],
  ["27017", "mongodb"],
]);

/** Schemes by how the name of a port begins, as Services and containers name theirs. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/^https/, "https"],
  [/^(postgres|pg)/, "postgresql"],
  [/^mysql/, "mysql"],
  [/^redis/, "redis"],
  [/^mongo/, "mongodb"],
  [/^amqp/, "amqp"],
  [/^nats/, "nats"],
  [/^grpc/, "grpc"],
  [/^ssh/, "ssh"],
];

/** The scheme of a target's port, by its number or name; `http` where neither says another. */
function schemeOf(targetPort: string): string {
  return SCHEMES.get(targetPort) ?? NAMED.find(([form]) => form.test(targetPort))?.[1] ?? "http";
}

/** Where programs reach a forward: IPv4 before IPv6, and the machine itself where it listens on all addresses. Null where it does not listen. */
export function addressOf({ listen, targetPort }: Pick<ForwardStatus, "listen" | "targetPort">): ForwardAddress | null {
  const chosen = listen.find(({ host }) => !host.includes(":")) ?? listen[0];
  if (chosen === undefined) return null;
  const host = chosen.host === "0.0.0.0" ? "127.0.0.1" : chosen.host === "::" ? "::1" : chosen.host;
  const { port } = chosen;
  return { host, port, url: `${schemeOf(targetPort)}://${addressText({ host, port })}` };
}

/** `BERTH_WEB` for `web`: letters and digits stay, all else is `_`. */
function variablePrefix(name: string): string {
  return `BERTH_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

/** The variables of these forwards; of names that make the same variable the first has it, and the others are told in `shadowed`. */
export function variablesOf(
  forwards: readonly Pick<ForwardStatus, "name" | "listen" | "targetPort">[],
): { readonly variables: ReadonlyMap<string, string>; readonly shadowed: readonly string[] } {
  const variables = new Map<string, string>();
  const shadowed: string[] = [];
  for (const forward of forwards) {
    const address = addressOf(forward);
    if (address === null) continue;
    const prefix = variablePrefix(forward.name);
    if (variables.has(`${prefix}_URL`)) {
      shadowed.push(forward.name);
      continue;
    }
    variables.set(`${prefix}_URL`, address.url);
    variables.set(`${prefix}_HOST`, address.host);
    variables.set(`${prefix}_PORT`, String(address.port));
  }
  return { variables, shadowed };
}

/** Variables as a shell or another program reads them. Names and values need no quoting: they are made of letters, digits and `:/.[]_`. */
export function envText(variables: ReadonlyMap<string, string>, format: EnvFormat): string {
  const pairs = [...variables];
  switch (format) {
    case "sh":
      return pairs.map(([name, value]) => `export ${name}='${value}'\n`).join("");
    case "fish":
      return pairs.map(([name, value]) => `set -gx ${name} '${value}'\n`).join("");
    case "dotenv":
      return pairs.map(([name, value]) => `${name}=${value}\n`).join("");
    case "json":
      return `${JSON.stringify(Object.fromEntries(pairs))}\n`;
    default:
      return format satisfies never;
  }
}
