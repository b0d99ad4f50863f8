import type { Json } from "../model/json.ts";
import { type Check, holds } from "./checks.ts";
import type { LooseWorkspace } from "./schema.ts";
import table from "./shape.json" with { type: "json" };
import type { MapTree } from "./tree.ts";

/** What is left of a file once all that is wrong by itself is reported and taken out. */
export interface Shape {
  readonly data: LooseWorkspace;
  /** Whether what is missing at a path, or above it, is missing because it was reported. */
  readonly isBroken: (...path: readonly string[]) => boolean;
}

/** The part of JSON Schema that the schema of `forwards.yaml` comes to, with its checks. */
interface Node {
  readonly type?: string | readonly string[] | undefined;
  readonly const?: number | string | undefined;
  readonly enum?: readonly string[] | undefined;
  readonly pattern?: string | undefined;
  readonly check?: Check | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly minLength?: number | undefined;
  readonly minItems?: number | undefined;
  readonly anyOf?: readonly Node[] | undefined;
  readonly items?: Node | undefined;
  readonly properties?: { readonly [name: string]: Node | undefined } | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: Node | boolean | undefined;
}

const ROOT: Node = table;

/**
 * The shape of a tree that has nothing wrong by itself; undefined otherwise, and then `checkShape` has the words. It needs only
 * a table that is generated from the schema: to load the schema takes longer than all else that is done with a good file.
 */
export function goodShape(tree: MapTree): Shape | undefined {
  const { value } = tree;
  return isWorkspace(value) ? { data: value, isBroken: () => false } : undefined;
}

/** Whether a value fits the schema; never true for one that the schema itself refuses. */
export function isWorkspace(value: Json): value is LooseWorkspace & Json {
  return fits(ROOT, value);
}

/** Which types a value at a path of the file may have: `integer`, `boolean`, `string`, … Empty where the path leads nowhere. */
export function typesAt(path: readonly PropertyKey[]): ReadonlySet<string> {
  let here = branches(ROOT);
  for (const step of path) here = here.flatMap((node) => child(node, step)).flatMap(branches);
  return new Set(here.flatMap(typesOf));
}

function branches(node: Node): readonly Node[] {
  return node.anyOf?.flatMap(branches) ?? [node];
}

function child({ type, items, properties = {}, additionalProperties }: Node, step: PropertyKey): readonly Node[] {
  const name = String(step);
  const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
  const inner = type === "array" ? items : own ?? additionalProperties;
  return typeof inner === "object" ? [inner] : [];
}

function fits(node: Node, value: Json): boolean {
  if (node.anyOf !== undefined) return node.anyOf.some((branch) => fits(branch, value));
  if (node.const !== undefined && node.const !== value) return false;
  return typesOf(node).some((type) => fitsAs(type, { node, value }));
}

function typesOf({ type = [] }: Node): readonly string[] {
  return typeof type === "string" ? [type] : type;
}

function fitsAs(type: string, { node, value }: { readonly node: Node; readonly value: Json }): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "boolean":
      return typeof value === "boolean";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value) && isBetween(Number(value), node);
    case "string":
      return typeof value === "string" && isText(value, node);
    case "array":
      return isList(value) && value.length >= (node.minItems ?? 0) && isListOf(value, node.items);
    case "object":
      return typeof value === "object" && value !== null && !isList(value) && isMapping(value, node);
    default:
      return false;
  }
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isBetween(value: number, { minimum = -Infinity, maximum = Infinity }: Node): boolean {
  return value >= minimum && value <= maximum;
}

function isText(value: string, node: Node): boolean {
  return value.length >= (node.minLength ?? 0) && (node.enum === undefined || node.enum.includes(value)) &&
    (node.pattern === undefined || form(node.pattern).test(value)) &&
    (node.check === undefined || holds(value, node.check));
}

const forms = new Map<string, RegExp>();

function form(pattern: string): RegExp {
  const known = forms.get(pattern);
  if (known !== undefined) return known;
  const made = new RegExp(pattern);
  forms.set(pattern, made);
  return made;
}

function isListOf(values: readonly Json[], node: Node | undefined): boolean {
  return node !== undefined && values.every((value) => fits(node, value));
}

function isMapping(value: { readonly [name: string]: Json }, node: Node): boolean {
  const { properties = {}, required = [], additionalProperties = false } = node;
  for (const name in value) {
    const inner = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    const of = value[name];
    if (typeof inner !== "object" || of === undefined || !fits(inner, of)) return false;
  }
  return required.every((name) => Object.hasOwn(value, name));
}
