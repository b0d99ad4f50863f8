import { z } from "zod";
import type { Json } from "../model/json.ts";

type Schema = z.core.$ZodType;

/**
 * The schemas that have a say about the value at a path, the outermost first. Of a union the branch is followed that takes
 * values of this type. Empty where the path leads nowhere.
 */
export function schemasAt(
  root: Schema,
  path: readonly PropertyKey[],
  values: readonly (Json | undefined)[],
): readonly Schema[] {
  let here = unwrap(root, values[0]);
  for (const [index, step] of path.entries()) {
    const inner = here.at(-1);
    const next = inner === undefined ? undefined : child(inner, step);
    if (next === undefined) return [];
    here = unwrap(next, values[index + 1]);
  }
  return here;
}

/** The keys that a mapping at a path may have; undefined where any are allowed. */
export function keysAt(
  root: Schema,
  path: readonly PropertyKey[],
  values: readonly (Json | undefined)[],
): readonly string[] | undefined {
  const inner = schemasAt(root, path, values).at(-1);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : undefined;
}

/** What kinds of value a schema takes, in words: `text`, `a mapping`, `true or false`. */
export function expectedWords(schema: Schema): readonly string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return expectedWords(schema.unwrap());
  if (schema instanceof z.ZodUnion) return [...new Set(schema.options.flatMap(expectedWords))];
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return ["a mapping"];
  if (schema instanceof z.ZodArray) return ["a list"];
  if (schema instanceof z.ZodBoolean) return ["true or false"];
  if (schema instanceof z.ZodNumber) return ["a whole number"];
  return ["text"];
}

function unwrap(schema: Schema, value: Json | undefined): readonly Schema[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return [schema, ...unwrap(schema.unwrap(), value)];
  }
  if (schema instanceof z.ZodUnion) {
    const branch = schema.options.find((option) => takes(option, value));
    return branch === undefined ? [schema] : [schema, ...unwrap(branch, value)];
  }
  return [schema];
}

function takes(schema: Schema, value: Json | undefined): boolean {
  if (Array.isArray(value)) return schema instanceof z.ZodArray;
  if (typeof value === "object" && value !== null) {
    return schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
  }
  if (typeof value === "number") return schema instanceof z.ZodNumber;
  return typeof value === "string" && (schema instanceof z.ZodString || schema instanceof z.ZodEnum);
}

function child(schema: Schema, step: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) return Object.hasOwn(schema.shape, step) ? schema.shape[String(step)] : undefined;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}
