import type { Brand } from "./brand.ts";

/** The address of one managed thing: `<kind>:<name>`, for example `forward:web`. Unique in a workspace. */
export type Key = Brand<string, "Key">;

/** The key of the thing called `name` of kind `kind`. */
export function key(kind: string, name: string): Key {
  return `${kind}:${name}` as Key;
}

/** `text` as a key; undefined where it is none. */
export function keyOf(text: string): Key | undefined {
  return /^[^:]+:./.test(text) ? text as Key : undefined;
}

/** The part before the first colon: the resource kind's name. */
export function keyKind(of: Key): string {
  return of.slice(0, of.indexOf(":"));
}
