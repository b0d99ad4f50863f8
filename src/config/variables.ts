import type { Problem } from "./reporter.ts";

/** Gives the value of an environment variable. */
export type Environment = (name: string) => string | undefined;

/** A variable of the environment whose value became part of a text. */
export interface UsedVariable {
  readonly name: string;
  readonly value: string;
}

/** One item of a template's list, as `${item}` and `${item.KEY}` see it. */
export interface Item {
  readonly value: string | ReadonlyMap<string, string>;
  /** What its own text was made of. */
  readonly variables: readonly UsedVariable[];
}

/** What a text is read against. */
export interface Scope {
  readonly env: Environment;
  /** Present inside a template. */
  readonly item?: Item;
}

/** What became of a text. */
export interface Substituted {
  readonly text: string;
  readonly variables: readonly UsedVariable[];
  /** The first thing wrong with it, as a part of the text that was given. */
  readonly problem?: Pick<Problem, "code" | "message" | "help"> & { readonly from: number; readonly length: number };
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*/y;
const OPERATOR = /:?[-?+]/y;

/**
 * A text with its variables replaced, by the rules of docker compose: `${NAME}`, `${NAME:-default}`, `${NAME:?message}`,
 * `${NAME:+instead}`, each also without the colon (then an empty value counts as set), nested ones, and `$$` for a dollar sign.
 * `$NAME` without braces is only text: it is for the program that gets it.
 */
export function substitute(text: string, scope: Scope): Substituted {
  const reader = new Reader(text, scope);
  const result = reader.read(false);
  return {
    text: result,
    variables: reader.used,
    ...(reader.problem === undefined ? {} : { problem: reader.problem }),
  };
}

class Reader {
  readonly used: UsedVariable[] = [];
  problem: Substituted["problem"];
  readonly #text: string;
  readonly #scope: Scope;
  #at = 0;
  /** Above 0 inside a part that is not used: it is read, and says nothing. */
  #unused = 0;

  constructor(text: string, scope: Scope) {
    this.#text = text;
    this.#scope = scope;
  }

  /** Reads to the end; `inner`: to the brace that closes. */
  read(inner: boolean): string {
    let out = "";
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at];
      if (inner && char === "}") break;
      if (char === "$" && this.#text[this.#at + 1] === "{") {
        out += this.#variable();
        continue;
      }
      // Of two dollar signs one is meant.
      this.#at += char === "$" && this.#text[this.#at + 1] === "$" ? 2 : 1;
      out += char;
    }
    return out;
  }

  #variable(): string {
    const start = this.#at;
    this.#at += 2;
    const name = this.#take(NAME);
    const operator = this.#take(OPERATOR);
    const value = this.#value(name);
    const isSet = value !== undefined && (value !== "" || !operator.startsWith(":"));
    const takesWord = operator.endsWith("+") ? isSet : !isSet;
    if (!takesWord) this.#unused++;
    const word = operator === "" ? "" : this.read(true);
    if (!takesWord) this.#unused--;
    if (name === "" || this.#text[this.#at] !== "}") {
      const end = this.#text.indexOf("}", start) + 1 || this.#text.length;
      this.#at = end;
      this.#fail(start, {
        code: "PF0064",
        message: `${shown(this.#text.slice(start, end))} is not a variable`,
        help: "write ${NAME}, ${NAME:-default} or ${NAME:?message}; a dollar sign that means itself is written $$",
      });
      return "";
    }
    this.#at++;
    if (operator.endsWith("+")) return takesWord ? word : "";
    if (operator.endsWith("-") && !isSet) return word;
    if (isSet) {
      this.#use(name, value);
      return value;
    }
    this.#missing(start, { name, word, isEmpty: value === "" });
    return "";
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #value(name: string): string | undefined {
    const key = itemKey(name);
    if (key === undefined) return name === "" || name.includes(".") ? undefined : this.#scope.env(name);
    const { item } = this.#scope;
    if (item === undefined) return key === "" ? this.#scope.env(name) : undefined;
    if (typeof item.value === "string") return key === "" ? item.value : undefined;
    return item.value.get(key);
  }

  #use(name: string, value: string): void {
    if (this.#unused > 0) return;
    const { item } = this.#scope;
    if (item !== undefined && itemKey(name) !== undefined) this.used.push(...item.variables);
    else this.used.push({ name, value });
  }

  #missing(
    start: number,
    { name, word, isEmpty }: { readonly name: string; readonly word: string; readonly isEmpty: boolean },
  ): void {
    const key = itemKey(name);
    const { item } = this.#scope;
    if (key !== undefined && item !== undefined) {
      const keys = typeof item.value === "string" ? undefined : [...item.value.keys()];
      this.#fail(start, {
        code: "PF0066",
        message: key === "" ? "The item is a mapping, not a text" : `The item has no '${key}'`,
        help: keys === undefined ? "write ${item}" : `write ${keys.map((each) => `\${item.${each}}`).join(" or ")}`,
      });
    } else if (name.includes(".")) {
      this.#fail(start, {
        code: "PF0064",
        message: `${shown(this.#text.slice(start, this.#at))} is not a variable`,
        help: "names with a dot are those of a template's items: add for: [ … ] to the forward",
      });
    } else {
      this.#fail(start, {
        code: "PF0065",
        message: `Variable '${name}' is ${isEmpty ? "empty" : "not set"}${word === "" ? "" : `: ${word}`}`,
        help: `set it, or write a value for the case: \${${name}:-value}`,
      });
    }
  }

  #fail(from: number, words: Pick<Problem, "code" | "message" | "help">): void {
    if (this.#unused === 0) this.problem ??= { ...words, from, length: this.#at - from };
  }
}

/** The key of an item that a name asks for: empty for the item itself; undefined for other names. */
function itemKey(name: string): string | undefined {
  return name === "item" ? "" : name.startsWith("item.") ? name.slice(5) : undefined;
}

function shown(text: string): string {
  return `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`;
}
