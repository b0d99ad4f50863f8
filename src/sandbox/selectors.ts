import { meets } from "../conventions/label_selector.ts";
import type { KubeObject, LabelSelector } from "./objects.ts";

/** Whether an object is meant. */
export type Match = (object: KubeObject) => boolean;

/**
 * Parses the `labelSelector` query parameter: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas.
 * Undefined when it is none.
 */
export function parseLabelSelector(text: string): Match | undefined {
  const terms: Match[] = [];
  for (const part of text.split(/,(?![^(]*\))/).map((piece) => piece.trim()).filter((piece) => piece !== "")) {
    const term = parseTerm(part);
    if (term === undefined) return undefined;
    terms.push(term);
  }
  return (object) => terms.every((term) => term(object));
}

function parseTerm(text: string): Match | undefined {
  const inSet = /^([\w./-]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(text);
  if (inSet !== null) {
    const [, key = "", operator, list = ""] = inSet;
    const values = list.split(",").map((value) => value.trim());
    const requirement = { key, operator: operator === "in" ? "In" : "NotIn", values } as const;
    return (object) => meets(object.metadata.labels, requirement);
  }
  const equality = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(text);
  if (equality !== null) {
    const [, key = "", operator, value] = equality;
    return (object) => (object.metadata.labels?.[key] === value) === (operator !== "!=");
  }
  const existence = /^(!?)\s*([\w./-]+)$/.exec(text);
  if (existence === null) return undefined;
  const [, not, key = ""] = existence;
  return (object) => (object.metadata.labels?.[key] !== undefined) === (not === "");
}

/**
 * Parses the `fieldSelector` query parameter: `metadata.name`, `metadata.namespace`, `spec.nodeName` and `status.phase` with `=`, `==`
 * or `!=`. Undefined when it is none.
 */
export function parseFieldSelector(text: string): Match | undefined {
  const terms: Match[] = [];
  for (const part of text.split(",").filter((piece) => piece !== "")) {
    const match = /^(metadata\.name|metadata\.namespace|spec\.nodeName|status\.phase)(==|=|!=)(.*)$/.exec(part);
    if (match === null) return undefined;
    const [, path = "", operator, value] = match;
    terms.push((object) => (fieldOf(object, path) === value) === (operator !== "!="));
  }
  return (object) => terms.every((term) => term(object));
}

function fieldOf(object: KubeObject, path: string): unknown {
  let at: unknown = object;
  for (const name of path.split(".")) at = isRecord(at) ? at[name] : undefined;
  return at;
}

/** A `LabelSelector` as workloads carry it. */
export function matchesSelector(
  selector: LabelSelector,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return matchesLabels(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every(({ values = [], ...rest }) => meets(labels, { ...rest, values }));
}

/** Whether `labels` has all of `wanted`. */
export function matchesLabels(
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
}

/** Whether a value is a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
