import type { Span } from "./source_text.ts";
import { locate, type Tree } from "./tree.ts";

/** The token of the value at a path, else of its key, else of the nearest mapping around it. */
export function tokenAt(root: Tree, path: readonly PropertyKey[]): Span {
  for (let length = path.length; length > 0; length--) {
    const { tree, key } = locate(root, path.slice(0, length));
    if (tree !== undefined) {
      // Of a mapping around what is missing, the key is the token; of a value, the value is.
      const whole = length === path.length && tree.at.end > tree.at.start;
      return whole || key === undefined ? tree.at : key;
    }
  }
  return root.at;
}

/** The token of the key at a path, else as `tokenAt`. */
export function keyAt(root: Tree, path: readonly PropertyKey[]): Span {
  return locate(root, path).key ?? tokenAt(root, path);
}

/** A part of a text value's token, where the value stands in the file as it is; else the whole token. */
export function partOf(
  span: Span,
  part: { readonly value: string; readonly from: number; readonly length: number },
): Span {
  const { source } = span;
  const written = source.slice(span);
  const quote = /^["']/.test(written) ? 1 : 0;
  if (written.slice(quote, written.length - quote) !== part.value || part.length === 0) return span;
  const start = span.start + quote + part.from;
  return { ...span, start, end: start + part.length };
}
