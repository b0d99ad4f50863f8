import { formsOf, nodeOf, type SchemaNode, valueWords } from "../config/schema_words.ts";
import type { Topic } from "../view/topic_text.ts";

/**
 * The help on a key of forwards.yaml, by its path without names and list marks: `forwards.local`, `clusters.k3d.ports`. Names may be written
 * as well (`forwards.NAME.local`). The words are those of the schema. Undefined where there is no such key.
 */
export function findTopic(schema: SchemaNode, path: string): Topic | undefined {
  const wanted = plainPath(path);
  for (const topic of walk(schema, "")) {
    if (topic.path === wanted) return topic;
  }
  return undefined;
}

/** All paths that `findTopic` knows. */
export function topicNames(schema: SchemaNode): readonly string[] {
  return [...new Set(Array.from(walk(schema, ""), ({ path }) => path))];
}

function plainPath(path: string): string {
  return path.split(".").filter((step) => step !== "NAME" && step !== "*").map((step) => step.replace(/\[\]$/, ""))
    .join(".");
}

function* walk(node: SchemaNode, path: string): Generator<Topic> {
  for (const [name, value] of Object.entries(nodeOf(node["properties"]))) {
    const inner = nodeOf(value);
    const own = path === "" ? name : `${path}.${name}`;
    const holds = mappings(inner);
    yield {
      path: own,
      values: valueWords(inner),
      meaning: String(inner["description"] ?? ""),
      examples: examplesOf(inner),
      keys: holds.flatMap((mapping) =>
        Object.entries(nodeOf(mapping["properties"])).map(([key, of]) => ({
          key,
          values: valueWords(nodeOf(of)),
          meaning: String(nodeOf(of)["description"] ?? ""),
        }))
      ),
    };
    for (const mapping of holds) yield* walk(mapping, own);
  }
}

/** The mappings with fixed keys that a value may be or hold. */
function mappings(node: SchemaNode): readonly SchemaNode[] {
  if (Object.keys(nodeOf(node["properties"])).length > 0) return [node];
  const values = nodeOf(node["additionalProperties"]);
  if (Object.keys(values).length > 0) return mappings(values);
  const items = nodeOf(node["items"]);
  if (Object.keys(items).length > 0) return mappings(items);
  return formsOf(node).flatMap(mappings);
}

function examplesOf(node: SchemaNode): readonly string[] {
  return Array.isArray(node["examples"]) ? node["examples"].map((one) => JSON.stringify(one)) : [];
}
