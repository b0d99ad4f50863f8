import type { z } from "zod";
import type { Json } from "../model/json.ts";
import type { Problem } from "./reporter.ts";

/** What to say when a value does not fit its schema; undefined: say it in general words. */
export type Rule = (value: Json) => Pick<Problem, "code" | "message" | "help"> | undefined;

const rules = new WeakMap<object, Rule>();

/** `schema`, with its own words for values that do not fit. Call it last: a changed schema is another one. */
export function ruled<S extends z.ZodType>(schema: S, rule: Rule): S {
  rules.set(schema, rule);
  return schema;
}

/** The words that belong to a schema. */
export function ruleOf(schema: object): Rule | undefined {
  return rules.get(schema);
}

/** A value as a message quotes it: short, on one line. */
export function quoted(value: Json): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  const flat = text.replace(/\s+/g, " ");
  return `'${flat.length > 60 ? `${flat.slice(0, 60)}…` : flat}'`;
}
