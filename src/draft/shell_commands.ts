/** One word of a command, with what could be found out about it. */
export interface Word {
  /** The text after quotes, escapes and known variables; a part that is not known is missing in it. */
  readonly text: string;
  /** What is not known without running the script: `$PORT`, `$(…)`; null where all is. */
  readonly unknown: string | null;
  /** The inside of a `$(…)` in it, its own or that of the variable it stands for. */
  readonly substitution: string | null;
}

/** One simple command of a script: no pipes, no lists, no redirections. One that only sets variables is `NAME=…` words, without `export`. */
export interface Command {
  /** The line its first word is on, from 1. */
  readonly line: number;
  readonly words: readonly Word[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*/;
const DECLARES = ["export", "readonly", "local", "declare", "typeset"];

/**
 * The simple commands of a shell script, in order. It follows what a person writes into a script of port-forwards: continued lines,
 * comments, quotes, `&`, lists, loops' bodies, here-documents, and variables that the text itself sets to something known. It runs nothing.
 */
export function shellCommands(text: string, variables: ReadonlyMap<string, Word> = new Map()): readonly Command[] {
  return new Reader(text, new Map(variables)).read();
}

class Reader {
  readonly #text: string;
  readonly #variables: Map<string, Word>;
  readonly #commands: Command[] = [];
  readonly #hereDocuments: { readonly end: string; readonly indented: boolean }[] = [];
  #at = 0;
  #line = 1;
  #words: Word[] = [];
  #first = 1;
  /** The word being read; null between words. */
  #word: { text: string; unknown: string | null; substitution: string | null } | null = null;
  /** What the next word is, where it is no argument. */
  #next: "argument" | "redirection" | "here-document" | "here-document-indented" = "argument";

  constructor(text: string, variables: Map<string, Word>) {
    this.#text = text;
    this.#variables = variables;
  }

  read(): readonly Command[] {
    while (this.#at < this.#text.length) this.#step();
    this.#endCommand();
    return this.#commands;
  }

  #step(): void {
    const letter = this.#text[this.#at] ?? "";
    const next = this.#text[this.#at + 1] ?? "";
    if (letter === "\\") {
      this.#at += 2;
      if (next === "\n") this.#line++;
      else if (next === "\r" && this.#text[this.#at] === "\n") {
        this.#at++;
        this.#line++;
      } else this.#add(next);
    } else if (letter === "'") {
      const end = this.#text.indexOf("'", this.#at + 1);
      this.#literal(this.#text.slice(this.#at + 1, end < 0 ? undefined : end));
      this.#at = end < 0 ? this.#text.length : end + 1;
    } else if (letter === '"') this.#doubleQuoted();
    else if (letter === "$" || letter === "`") this.#expand();
    else if (letter === "#" && this.#word === null) this.#toLineEnd();
    else if (letter === "\n") {
      this.#endCommand();
      this.#at++;
      this.#line++;
      this.#skipHereDocuments();
    } else if (/\s/.test(letter)) {
      this.#endWord();
      this.#at++;
    } else if (letter === ">" || letter === "<" || (letter === "&" && next === ">")) this.#redirect(letter);
    else if (";&|()".includes(letter)) {
      this.#endCommand();
      this.#at++;
    } else {
      this.#add(letter);
      this.#at++;
    }
  }

  #begin(): { text: string; unknown: string | null; substitution: string | null } {
    if (this.#word === null && this.#words.length === 0) this.#first = this.#line;
    return this.#word ??= { text: "", unknown: null, substitution: null };
  }

  #add(text: string): void {
    this.#begin().text += text;
  }

  #literal(text: string): void {
    this.#add(text);
    this.#line += text.split("\n").length - 1;
  }

  #doubleQuoted(): void {
    this.#begin();
    this.#at++;
    while (this.#at < this.#text.length && this.#text[this.#at] !== '"') {
      const letter = this.#text[this.#at] ?? "";
      if (letter === "$" || letter === "`") {
        this.#expand();
        continue;
      }
      if (letter === "\\" && '"\\$`\n'.includes(this.#text[this.#at + 1] ?? " ")) {
        this.#at++;
        if (this.#text[this.#at] !== "\n") this.#add(this.#text[this.#at] ?? "");
      } else this.#add(letter);
      if (this.#text[this.#at] === "\n") this.#line++;
      this.#at++;
    }
    this.#at++;
  }

  /** A variable or a substitution, at `$` or a backtick. */
  #expand(): void {
    const rest = this.#text.slice(this.#at);
    const word = this.#begin();
    if (rest.startsWith("`") || rest.startsWith("$(")) {
      const inside = rest.startsWith("`") ? untilBacktick(rest) : untilParenthesis(rest);
      const open = rest.startsWith("`") ? 1 : 2;
      word.substitution = inside;
      word.unknown ??= "$(…)";
      this.#line += inside.split("\n").length - 1;
      this.#at += open + inside.length + 1;
      return;
    }
    const [braced, name, fallback] = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}$]*))?\}/.exec(rest) ?? [];
    const [plain] = NAME.exec(rest.slice(1)) ?? [];
    if (braced !== undefined || plain !== undefined) {
      this.#at += braced?.length ?? 1 + (plain ?? "").length;
      const which = name ?? plain ?? "";
      const value = this.#variables.get(which);
      if (value === undefined && fallback !== undefined) word.text += fallback;
      else if (value === undefined) word.unknown ??= `$${which}`;
      else {
        word.text += value.text;
        word.unknown ??= value.unknown;
        word.substitution ??= value.substitution;
      }
      return;
    }
    const special = /^\$(?:\{[^}]*\}|[0-9@*#?$!-])/.exec(rest)?.[0];
    if (special === undefined) {
      this.#add("$");
      this.#at++;
      return;
    }
    word.unknown ??= special;
    this.#at += special.length;
  }

  #redirect(letter: string): void {
    // The number of a file belongs to the redirection: `2>file`.
    if (this.#word !== null && /^\d$/.test(this.#word.text)) this.#word = null;
    else this.#endWord();
    const sign = /^(?:&>>?|>>|>\||>&|<<<|<<-|<<|<&|<>|>|<)/.exec(this.#text.slice(this.#at))?.[0] ?? letter;
    this.#at += sign.length;
    this.#next = sign === "<<" ? "here-document" : sign === "<<-" ? "here-document-indented" : "redirection";
  }

  #endWord(): void {
    const word = this.#word;
    if (word === null) return;
    this.#word = null;
    if (this.#next === "argument") this.#words.push(word);
    else if (this.#next !== "redirection") {
      this.#hereDocuments.push({ end: word.text, indented: this.#next === "here-document-indented" });
    }
    this.#next = "argument";
  }

  #endCommand(): void {
    this.#endWord();
    this.#next = "argument";
    const words = this.#words;
    this.#words = [];
    if (words.length === 0) return;
    const [first] = words;
    const declared = first !== undefined && DECLARES.includes(first.text) ? words.slice(1) : words;
    const isSetting = declared.every(({ text }) => isAssignment(text));
    if (isSetting) { for (const word of declared) this.#assign(word); }
    this.#commands.push({ line: this.#first, words: isSetting ? declared : words });
  }

  #assign({ text, unknown, substitution }: Word): void {
    const equals = text.indexOf("=");
    this.#variables.set(text.slice(0, equals), { text: text.slice(equals + 1), unknown, substitution });
  }

  #toLineEnd(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  #skipHereDocuments(): void {
    for (const { end, indented } of this.#hereDocuments.splice(0)) {
      while (this.#at < this.#text.length) {
        const from = this.#at;
        this.#toLineEnd();
        const line = this.#text.slice(from, this.#at);
        this.#at++;
        this.#line++;
        if ((indented ? line.replace(/^\t+/, "") : line) === end) break;
      }
    }
  }
}

/** Whether a word is `NAME=…`. */
export function isAssignment(text: string): boolean {
  return text.slice(NAME.exec(text)?.[0].length ?? text.length).startsWith("=");
}

function untilBacktick(text: string): string {
  const end = text.indexOf("`", 1);
  return text.slice(1, end < 0 ? undefined : end);
}

function untilParenthesis(text: string): string {
  let depth = 0;
  for (let at = 1; at < text.length; at++) {
    if (text[at] === "(") depth++;
    if (text[at] === ")" && --depth === 0) return text.slice(2, at);
  }
  return text.slice(2);
}
