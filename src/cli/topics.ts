import type { Json } from "../model/json.ts";
import type { Topic } from "../view/topic_text.ts";

type Node = { readonly [name: string]: Json };

/**
 * The help on a key of forwards.yaml, by its path without names and list marks: `forwards.local`, `clusters.k3d.ports`. Names may be written
 * as well (`forwards.NAME.local`). The words are those of the schema. Undefined where there is no such key.
 */
export function findTopic(schema: Node, path: string): Topic | undefined {
  const wanted = plainPath(path);
  for (const topic of walk(schema, "")) {
    if (topic.path === wanted) return topic;
  }
  return undefined;
}

/** All paths that `findTopic` knows. */
export function topicNames(schema: Node): readonly string[] {
  return [...new Set(Array.from(walk(schema, ""), ({ path }) => path))];
}

function plainPath(path: string): string {
  return path.split(".").filter((step) => step !== "NAME" && step !== "*").map((step) => step.replace(/\[\]$/, ""))
    .join(".");
}

function* walk(node: Node, path: string): Generator<Topic> {
  for (const [name, value] of Object.entries(record(node["properties"]))) {
    const inner = record(value);
    const own = path === "" ? name : `${path}.${name}`;
    const holds = mappings(inner);
    yield {
      path: own,
      values: typeWords(inner),
      meaning: String(inner["description"] ?? ""),
      examples: examplesOf(inner),
      keys: holds.flatMap((mapping) =>
        Object.entries(record(mapping["properties"])).map(([key, of]) => ({
          key,
          values: typeWords(record(of)),
          meaning: String(record(of)["description"] ?? ""),
        }))
      ),
    };
    for (const mapping of holds) yield* walk(mapping, own);
  }
}

/** The mappings with fixed keys that a value may be or hold. */
function mappings(node: Node): readonly Node[] {
  if (Object.keys(record(node["properties"])).length > 0) return [node];
  const values = record(node["additionalProperties"]);
  if (Object.keys(values).length > 0) return mappings(values);
  const items = record(node["items"]);
  if (Object.keys(items).length > 0) return mappings(items);
  return branches(node).flatMap(mappings);
}

function typeWords(node: Node): string {
  const options = branches(node).filter((branch) => branch["type"] !== "null");
  if (options.length > 0) return [...new Set(options.map(typeWords))].join(", ");
  if (Array.isArray(node["enum"])) return node["enum"].map(String).join(", ");
  if (node["const"] !== undefined) return String(node["const"]);
  switch (node["type"]) {
    case "integer":
      return `number ${Number(node["minimum"])}-${Number(node["maximum"])}`;
    case "array":
      return `list of ${typeWords(record(node["items"]))}`;
    case "object":
      return "mapping";
    case "boolean":
      return "true, false";
    default:
      return "text";
  }
}

function examplesOf(node: Node): readonly string[] {
  return Array.isArray(node["examples"]) ? node["examples"].map((one) => JSON.stringify(one)) : [];
}

/** The forms of a value. That a variable may stand for it goes for all. */
function branches(node: Node): readonly Node[] {
  return Array.isArray(node["anyOf"]) ? node["anyOf"].map(record).filter((branch) => !("$ref" in branch)) : [];
}

function record(value: Json | undefined): Node {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Node : {};
}
