import type { Json } from "../model/json.ts";
import { isNode, nodeOf, type SchemaNode } from "./schema_words.ts";
import { plainJsonSchema } from "./shape_table.ts";

/** The JSON Schema (draft-07) of `forwards.yaml` as it is written, for editors: a text with a variable may stand for every value. */
export function jsonSchema(): SchemaNode {
  const plain = plainJsonSchema();
  const { version = {}, ...properties } = nodeOf(plain["properties"]);
  return {
    ...plain,
    // Read before any variable is.
    properties: { version, ...mapped(properties, withVariables) },
    definitions: { variable: { type: "string", pattern: "\\$\\{" } },
  };
}

/** The text of `forwards.schema.json`. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}

const VARIABLE: SchemaNode = { $ref: "#/definitions/variable" };

/** What an editor shows of a value, whichever of its forms it has. */
const SHOWN = ["description", "examples", "default"];

function withVariables(node: SchemaNode): SchemaNode {
  const { anyOf } = node;
  if (Array.isArray(anyOf)) {
    const branches = anyOf.map((branch) => insideOf(nodeOf(branch)));
    return { ...node, anyOf: branches.some(takesText) ? [...branches, VARIABLE] : branches };
  }
  const inside = insideOf(node);
  if (!takesText(inside) || isAnyText(inside)) return inside;
  const shown = Object.entries(inside).filter(([name]) => SHOWN.includes(name));
  const rest = Object.entries(inside).filter(([name]) => !SHOWN.includes(name));
  return { anyOf: [Object.fromEntries(rest), VARIABLE], ...Object.fromEntries(shown) };
}

/** The same node with variables in what it holds. */
function insideOf(node: SchemaNode): SchemaNode {
  const result: Record<string, Json> = { ...node };
  const { properties } = node;
  if (isNode(properties)) result["properties"] = mapped(properties, withVariables);
  for (const name of ["additionalProperties", "items"]) {
    const inner = node[name];
    if (isNode(inner)) result[name] = withVariables(inner);
  }
  const { anyOf } = node;
  return Array.isArray(anyOf) ? { ...result, ...withVariables({ anyOf }) } : result;
}

/** Whether one scalar stands there: only such a value can be a text with a variable. */
function takesText({ type }: SchemaNode): boolean {
  return type === "string" || type === "integer" || type === "number" || type === "boolean";
}

/** Whether every text fits that may hold a variable. */
function isAnyText(node: SchemaNode): boolean {
  return node["type"] === "string" && !["pattern", "enum", "const", "format", "maxLength"].some((name) => name in node);
}

function mapped(nodes: SchemaNode, change: (node: SchemaNode) => SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(nodes).map(([name, value]) => [name, change(nodeOf(value))]));
}
