import { z } from "zod";
import type { Json } from "../model/json.ts";
import { workspaceSchema } from "./schema.ts";
import { isNode, type SchemaNode } from "./schema_words.ts";

/** What the table has no use for: words for people. */
const WORDS = new Set(["$schema", "title", "description", "examples", "propertyNames"]);
/** What only the table has. */
const CHECKS = new Set(["check"]);

/** The text of `shape.json`: what a good file is, for the check that does not load the schema (`shape.ts`). */
export function shapeText(): string {
  return `${JSON.stringify(without(WORDS, generated()))}\n`;
}

/** The JSON Schema (draft-07) of `forwards.yaml` after its variables were replaced. Generated from the schema that validates. */
export function plainJsonSchema(): SchemaNode {
  return without(CHECKS, generated());
}

function generated(): SchemaNode {
  return JSON.parse(
    JSON.stringify(z.toJSONSchema(workspaceSchema, { target: "draft-07", io: "input" })),
  ) as SchemaNode;
}

function without(keys: ReadonlySet<string>, node: SchemaNode): SchemaNode {
  return Object.fromEntries(
    Object.entries(node).filter(([key]) => !keys.has(key)).map(([key, value]) => [
      key,
      // The names of properties are no keywords.
      key === "properties" && isNode(value)
        ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one, keys)]))
        : inside(value, keys),
    ]),
  );
}

function inside(value: Json, keys: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((one: Json) => inside(one, keys));
  return isNode(value) ? without(keys, value) : value;
}
