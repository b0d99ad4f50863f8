import type { z } from "zod";
import type { Json } from "../model/json.ts";
import { nearest } from "../model/nearest.ts";
import { LATER_VALUES } from "./later.ts";
import type { Problem, Reporter } from "./reporter.ts";
import { quoted, ruleOf } from "./rules.ts";
import { looseSchema, workspaceSchema } from "./schema.ts";
import { expectedWords, keysAt, schemasAt } from "./schema_walk.ts";
import type { Shape } from "./shape.ts";
import { suggestion } from "./suggest.ts";
import { locate, type MapTree, type Tree } from "./tree.ts";

type Path = readonly PropertyKey[];
type Words = Pick<Problem, "code" | "message" | "help">;

/** Mappings that say something by being there. */
const MAY_BE_EMPTY = new Set(["sandbox", "k3d", "alb", "publicIp"]);

/** Checks every key and value by itself against the schema. */
export function checkShape(tree: MapTree, reporter: Reporter): Shape {
  const broken = new Set<string>();
  const isBroken = (...path: readonly string[]) =>
    path.some((_, index) => broken.has(JSON.stringify(path.slice(0, index + 1))));
  const full = workspaceSchema.safeParse(tree.value);
  if (full.success) return { data: full.data, isBroken };
  const checker = new Checker(tree, reporter, broken);
  // Keys first: a misspelt key explains the missing one.
  const issues = full.error.issues.toSorted((a, b) => rank(a) - rank(b));
  for (const issue of issues) checker.issue(issue, []);
  const rest = looseSchema.safeParse(withoutBroken(tree, broken));
  return { data: rest.success ? rest.data : {}, isBroken };
}

function rank(issue: z.core.$ZodIssue): number {
  return issue.code === "unrecognized_keys" ? 0 : 1;
}

class Checker {
  readonly #tree: MapTree;
  readonly #reporter: Reporter;
  readonly #broken: Set<string>;

  constructor(tree: MapTree, reporter: Reporter, broken: Set<string>) {
    this.#tree = tree;
    this.#reporter = reporter;
    this.#broken = broken;
  }

  issue(issue: z.core.$ZodIssue, base: Path): void {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) this.#unknownKey(path, key);
      return;
    }
    const { tree, key } = locate(this.#tree, path);
    if (tree === undefined) {
      this.#missing(path);
      return;
    }
    if (this.#broken.has(JSON.stringify(path.map(String)))) return;
    if (issue.code === "invalid_union" && tree.kind === "map") {
      const inner = issue.errors.find((branch) =>
        branch.some((one) => one.path.length > 0 || one.code === "unrecognized_keys")
      );
      if (inner !== undefined) {
        for (const one of inner) this.issue(one, path);
        return;
      }
    }
    this.#breaks(path);
    if (tree.kind === "scalar" && tree.reported === true) return;
    const words = this.#words(path, tree, issue);
    // An empty mapping or list has a token of its own; a missing value has none, so its key stands for it.
    const at = tree.value === null || tree.at.end <= tree.at.start ? key ?? tree.at : tree.at;
    this.#reporter.report({ ...words, at });
  }

  #words(path: Path, tree: Tree, issue: z.core.$ZodIssue): Words {
    const value = tree.value;
    const name = nameOf(path);
    if (value === null) {
      const help = MAY_BE_EMPTY.has(name) ? `write ${name}: {}` : "write a value, or take the key out";
      return { code: "PF0016", message: `Key '${name}' has no value`, help };
    }
    const later = LATER_VALUES.get(name)?.find((word) => word === value);
    if (later !== undefined) return { code: "PF0017", message: `${quoted(later)} for '${name}' is not supported yet` };
    const schemas = schemasAt(workspaceSchema, path, this.#values(path));
    for (const schema of schemas) {
      const words = ruleOf(schema)?.(value);
      if (words !== undefined) return words;
    }
    if (issue.code === "invalid_value" && tree.kind === "scalar") {
      const known = issue.values.map(String);
      const help = suggestion(String(value), known) ??
        `write ${known.slice(0, -1).join(", ")}${known.length > 1 ? " or " : ""}${known.at(-1)}`;
      return { code: "PF0019", message: `${quoted(value)} is not a value of '${name}'`, help };
    }
    if (issue.code === "too_small" || value === "") return { code: "PF0028", message: `'${name}' is empty` };
    const outer = schemas[0];
    const expected = outer === undefined ? ["something else"] : expectedWords(outer);
    return {
      code: "PF0014",
      message: `'${name}' takes ${expected.join(" or ")}, not ${kindOf(tree)}`,
      help: expected.length === 1 && expected[0] === "text" && tree.kind === "scalar" && typeof value !== "string"
        ? `put it in quotes: "${tree.at.source.slice(tree.at)}"`
        : undefined,
    };
  }

  #unknownKey(path: Path, key: string): void {
    const { tree } = locate(this.#tree, path);
    const entry = tree?.kind === "map" ? tree.entries.get(key) : undefined;
    if (entry === undefined) return;
    this.#breaks([...path, key]);
    const known = keysAt(workspaceSchema, path, this.#values(path)) ?? [];
    const near = nearest(key, known);
    if (near !== undefined) this.#breaks([...path, near]);
    const where = path.length === 0 ? "at the top of the file" : `in ${subjectOf(path)}`;
    this.#reporter.report({
      code: "PF0015",
      message: `Unknown key '${key}' ${where}`,
      at: entry.key,
      help: near !== undefined
        ? `did you mean '${near}'?`
        : known.length === 0
        ? "nothing goes here"
        : `known keys: ${known.join(", ")}`,
    });
  }

  #missing(path: Path): void {
    const parent = path.slice(0, -1);
    const name = nameOf(path);
    if (this.#broken.has(JSON.stringify(path.map(String)))) return;
    this.#breaks(path);
    const { tree, key } = locate(this.#tree, parent);
    const at = key ?? (tree?.kind === "map" ? [...tree.entries.values()][0]?.key : undefined) ?? this.#tree.at;
    this.#reporter.report(
      parent.length === 0
        ? { code: "PF0016", message: `Missing key '${name}'`, at, help: "begin the file with version: 1" }
        : { code: "PF0016", message: `${capital(subjectOf(parent))} has no '${name}'`, at, help: `add ${name}: …` },
    );
  }

  #breaks(path: Path): void {
    this.#broken.add(JSON.stringify(path.map(String)));
    this.#broken.add(JSON.stringify(path.slice(0, keyDepth(path)).map(String)));
  }

  #values(path: Path): readonly (Json | undefined)[] {
    return [undefined, ...path].map((_, index) =>
      locate(this.#tree, path.slice(0, index)).tree?.value as Json | undefined
    );
  }
}

/** The data without its wrong parts: of an entry the wrong key as a whole, so that defaults stand in for it. */
function withoutBroken(tree: MapTree, broken: ReadonlySet<string>): Json {
  const cut = new Set([...broken].map((text) => {
    const path = JSON.parse(text) as string[];
    return JSON.stringify(path.slice(0, keyDepth(path)));
  }));
  return kept(tree, cut, []);
}

/** How long the path of a key is that is taken out as a whole when something in it is wrong. */
function keyDepth(path: Path): number {
  return path[0] === "defaults" || path[0] === "profiles" ? 2 : 3;
}

function kept(tree: MapTree, cut: ReadonlySet<string>, path: readonly string[]): Json {
  const result: Record<string, Json> = Object.create(null);
  for (const [name, { tree: inner }] of tree.entries) {
    const at = [...path, name];
    if (cut.has(JSON.stringify(at))) continue;
    const deeper = inner.kind === "map" &&
      (path.length === 0 || (path.length === 1 && path[0] !== "defaults" && path[0] !== "profiles"));
    result[name] = deeper ? kept(inner, cut, at) : inner.value;
  }
  return result;
}

function nameOf(path: Path): string {
  const last = path.at(-1);
  return typeof last === "number" ? `${nameOf(path.slice(0, -1))}[${last}]` : String(last ?? "the file");
}

function subjectOf(path: Path): string {
  if (path.length === 2 && path[0] === "forwards") return `forward '${String(path[1])}'`;
  if (path.length === 2 && path[0] === "profiles") return `profile '${String(path[1])}'`;
  if (path.length === 2 && path[0] === "clusters") return `cluster '${String(path[1])}'`;
  return `'${nameOf(path)}'`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function kindOf(tree: Tree): string {
  if (tree.kind !== "scalar") return tree.kind === "map" ? "a mapping" : "a list";
  return typeof tree.value === "string" ? "text" : typeof tree.value === "number" ? "a number" : String(tree.value);
}
