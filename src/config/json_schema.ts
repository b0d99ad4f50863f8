import { z } from "zod";
import type { Json } from "../model/json.ts";
import { workspaceSchema } from "./schema.ts";

/** The JSON Schema (draft-07) of `forwards.yaml`, for editors. Generated from the schema that validates. */
export function jsonSchema(): { readonly [name: string]: Json } {
  const generated = z.toJSONSchema(workspaceSchema, { target: "draft-07", io: "input" });
  return JSON.parse(JSON.stringify(generated)) as { readonly [name: string]: Json };
}

/** The text of `forwards.schema.json`. */
export function jsonSchemaText(): string {
  return `${JSON.stringify(jsonSchema(), null, 2)}\n`;
}
