import { isMap, parseAllDocuments, type YAMLMap } from "yaml";
import type { Json } from "../../model/json.ts";
import { blockRemoval, emptyValueInsertion, insertion, replacement } from "./block.ts";
import { flowInsertion, flowRemoval } from "./flow.ts";
import { type Item, layoutOf, type MapLayout, styleOf } from "./layout.ts";
import { blockEntry } from "./write.ts";
import { lineBreak, type Splice, spliced } from "./splice.ts";

/** One change of a YAML file. `path` leads through mappings, by their keys. */
export type YamlEdit =
  /** Puts a value there; mappings on the way that are missing are made. What was there is replaced. */
  | { readonly op: "set"; readonly path: readonly string[]; readonly value: Json }
  /** Takes a key away; with `prune` also the mappings around it that are empty then. It is no error when it is not there. */
  | { readonly op: "remove"; readonly path: readonly string[]; readonly prune?: boolean };

/** The new text, or why there is none: then the file is to stay as it is. */
export type YamlEditResult =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/**
 * Changes one place of a YAML text and keeps every other byte: comments, order, layout and line ends. The new part is
 * written as its neighbours are. Pure, never throws for any text.
 *
 * The result is read again and compared with the old data: where it would not be exactly these and the edit, because
 * of an anchor that others repeat or a layout that is not understood, nothing is changed and the problem is told.
 */
export function editYaml(text: string, edit: YamlEdit): YamlEditResult {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(mark.length);
  try {
    const before = read(body);
    if (typeof before === "string") return { ok: false, problem: before };
    const pieces = edit.op === "set"
      ? setPieces(before.root, { text: body, path: edit.path, value: edit.value })
      : removePieces(before.root, { text: body, path: edit.path, prune: edit.prune === true });
    if (typeof pieces === "string") return { ok: false, problem: pieces };
    const result = spliced(body, pieces);
    const after = read(result);
    if (typeof after === "string" || !expected(before.data, edit).includes(JSON.stringify(after.data))) {
      return { ok: false, problem: `the way '${edit.path.join(".")}' is written, other values would change with it` };
    }
    return { ok: true, text: mark + result };
  } catch (error) {
    // The parser is recursive, and counts aliases.
    if (error instanceof RangeError || error instanceof ReferenceError) {
      return { ok: false, problem: "it nests or repeats too much" };
    }
    throw error;
  }
}

interface Read {
  /** Null where the file says nothing. */
  readonly root: YAMLMap | null;
  readonly data: unknown;
}

function read(text: string): Read | string {
  const documents = parseAllDocuments(text, {
    schema: "core",
    version: "1.2",
    keepSourceTokens: true,
    prettyErrors: false,
    logLevel: "error",
  });
  if (!Array.isArray(documents) || documents.length === 0) return { root: null, data: null };
  const [document, ...others] = documents;
  if (document === undefined || others.length > 0) return "it holds several documents";
  const [error] = document.errors;
  if (error !== undefined) return `it is not valid YAML: ${error.message}`;
  const { contents } = document;
  if (contents === null) return { root: null, data: null };
  if (isMap(contents)) return { root: contents, data: document.toJS() };
  return document.toJS() === null ? { root: null, data: null } : "its top level is not a mapping";
}

function setPieces(
  root: YAMLMap | null,
  { text, path, value }: { readonly text: string; readonly path: readonly string[]; readonly value: Json },
): readonly Splice[] | string {
  let map = root;
  for (const [index, name] of path.entries()) {
    const rest = path.slice(index + 1);
    const nested = rest.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
    const layout = map === null ? undefined : layoutOf(map, text);
    if (map !== null && layout === undefined) {
      return `'${path.slice(0, index).join(".")}' is written in a way that is not understood`;
    }
    const style = styleOf(root, index === 0 ? undefined : layout, text);
    // The sections of the file are blocks; what is in them looks like its neighbours.
    const depth = Math.min(rest.length, index === 0 ? 1 : 0) + (style.oneLine ? 0 : 1);
    if (layout === undefined || (layout.items.length === 0 && !layout.flow)) {
      const newline = lineBreak(text, text.length);
      return atEnd(text, { newline, entry: blockEntry(name, nested, { column: 0, style, newline, depth }) });
    }
    const item = layout.items.find((each) => each.name === name);
    if (item === undefined) {
      return layout.flow
        ? flowInsertion(name, nested, { text, layout, style })
        : insertion(name, nested, { text, layout, style, depth });
    }
    if (rest.length === 0) return replacement(item, value, { text, layout, style });
    if (isMap(item.value) && (item.value.items.length > 0 || item.value.srcToken?.type === "flow-collection")) {
      map = item.value;
      continue;
    }
    const inner = rest.slice(1).reduceRight<Json>((deeper, key) => ({ [key]: deeper }), value);
    return emptyValueInsertion(item, {
      name: rest[0] ?? "",
      value: inner,
      text,
      layout,
      style,
      depth: 0,
    }) ??
      `'${path.slice(0, index + 1).join(".")}' is not written as a mapping of its own`;
  }
  return [];
}

/** For a file that says nothing: behind its comments, before the mark of its end. */
function atEnd(
  text: string,
  { newline, entry }: { readonly newline: string; readonly entry: string },
): readonly Splice[] {
  const end = /^\.\.\.(?=\s|$)/m.exec(text)?.index ?? text.length;
  const open = end > 0 && text[end - 1] !== "\n";
  return [{ start: end, end, text: open ? newline + entry : entry + newline }];
}

function removePieces(
  root: YAMLMap | null,
  { text, path, prune }: { readonly text: string; readonly path: readonly string[]; readonly prune: boolean },
): readonly Splice[] | string {
  const way: { readonly layout: MapLayout; readonly item: Item }[] = [];
  let map = root;
  for (const [index, name] of path.entries()) {
    const layout = map === null ? undefined : layoutOf(map, text);
    const item = layout?.items.find((each) => each.name === name);
    if (layout === undefined || item === undefined) return [];
    way.push({ layout, item });
    if (index < path.length - 1 && !isMap(item.value)) {
      return item.value === null
        ? []
        : `'${path.slice(0, index + 1).join(".")}' is not written as a mapping of its own`;
    }
    map = isMap(item.value) ? item.value : null;
  }
  let target = way.length - 1;
  while (prune && target > 0 && way[target]?.layout.items.length === 1) target--;
  const found = way[target];
  if (found === undefined) return [];
  return found.layout.flow
    ? flowRemoval(found.item, { text, layout: found.layout })
    : blockRemoval(found.item, text) ?? `'${path.join(".")}' shares its line with something else`;
}

/**
 * What may come out, as JSON, in which nothing is shared by aliases: a mapping that lost its last key is empty, and an empty block says
 * nothing at all.
 */
function expected(before: unknown, edit: YamlEdit): readonly string[] {
  const root: Record<string, unknown> = isRecord(before) ? JSON.parse(JSON.stringify(before)) : {};
  if (edit.op === "set") {
    let here = root;
    for (const name of edit.path.slice(0, -1)) {
      const next = here[name];
      const made: Record<string, unknown> = isRecord(next) ? next : {};
      here[name] = made;
      here = made;
    }
    const last = edit.path.at(-1);
    if (last !== undefined) here[last] = edit.value;
    return [JSON.stringify(root)];
  }
  const way: Record<string, unknown>[] = [root];
  for (const name of edit.path.slice(0, -1)) {
    const next = way.at(-1)?.[name];
    if (!isRecord(next)) return [JSON.stringify(before)];
    way.push(next);
  }
  const last = edit.path.at(-1) ?? "";
  if (!Object.hasOwn(way.at(-1) ?? {}, last)) return [JSON.stringify(before)];
  let depth = way.length - 1;
  while (edit.prune === true && depth > 0 && Object.keys(way[depth] ?? {}).length === 1) depth--;
  const holder = way[depth] ?? root;
  delete holder[edit.path[depth] ?? ""];
  if (Object.keys(holder).length > 0) return [JSON.stringify(root)];
  const around = way[depth - 1];
  if (around === undefined) return ["{}", "null"];
  const empty = JSON.stringify(root);
  around[edit.path[depth - 1] ?? ""] = null;
  return [empty, JSON.stringify(root)];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
