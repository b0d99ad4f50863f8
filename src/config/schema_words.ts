import type { Json } from "../model/json.ts";
import { DURATION_PATTERN } from "./durations.ts";

/** A mapping of a JSON Schema. */
export type SchemaNode = { readonly [name: string]: Json };

/** Whether a value of a schema is a mapping. */
export function isNode(value: Json | undefined): value is SchemaNode {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of a schema as a node; an empty one where it is none. */
export function nodeOf(value: Json | undefined): SchemaNode {
  return isNode(value) ? value : {};
}

/** The forms of a value. That a variable may stand for it goes for all, and is left out. */
export function formsOf(node: SchemaNode): readonly SchemaNode[] {
  return Array.isArray(node["anyOf"]) ? node["anyOf"].map(nodeOf).filter((form) => !("$ref" in form)) : [];
}

/** What a value may be, in words: `number 1-65535, auto, text`. `quote` marks the words that are written as they are. */
export function valueWords(node: SchemaNode, quote: (word: string) => string = (word) => word): string {
  const forms = formsOf(node).filter((form) => form["type"] !== "null");
  if (forms.length > 0) return [...new Set(forms.map((form) => valueWords(form, quote)))].join(", ");
  if (Array.isArray(node["enum"])) return node["enum"].map((word) => quote(String(word))).join(", ");
  if (node["const"] !== undefined) return quote(String(node["const"]));
  switch (node["type"]) {
    case "integer":
      return `number ${Number(node["minimum"])}-${Number(node["maximum"])}`;
    case "array":
      return `list of ${valueWords(nodeOf(node["items"]), quote)}`;
    case "object":
      return "mapping";
    case "boolean":
      return [true, false].map((word) => quote(String(word))).join(", ");
    default:
      return node["pattern"] === DURATION_PATTERN ? "duration" : "text";
  }
}
