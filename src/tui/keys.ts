/** One key as it was pressed. `text`: a printable character; all others have a name. */
export type Key =
  | { readonly name: "text"; readonly text: string }
  | {
    readonly name:
      | "up"
      | "down"
      | "left"
      | "right"
      | "home"
      | "end"
      | "page-up"
      | "page-down"
      | "enter"
      | "escape"
      | "backspace"
      | "tab"
      | "ctrl-c"
      | "ctrl-l"
      | "ctrl-u";
  };

const SEQUENCES: Readonly<Record<string, Exclude<Key["name"], "text">>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "OA": "up",
  "OB": "down",
  "OC": "right",
  "OD": "left",
  "[H": "home",
  "[F": "end",
  "OH": "home",
  "OF": "end",
  "[1~": "home",
  "[7~": "home",
  "[4~": "end",
  "[8~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
};

const CONTROLS: Readonly<Record<string, Exclude<Key["name"], "text">>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u0003": "ctrl-c",
  "\u0008": "backspace",
  "\u007f": "backspace",
  "\u000c": "ctrl-l",
  "\u0015": "ctrl-u",
};

const ESCAPE = "\u001b";
/** A whole sequence after ESC: CSI with its parameters, SS3 with one letter, or one character (Alt). */
const SEQUENCE = /^(?:\[[0-?]*[ -/]*[@-~]|O[A-Za-z]|[^[O])/;

/**
 * Turns what a terminal sends into keys. An ESC at the end may be the key or the beginning of a sequence whose rest is still on its way:
 * it is kept until more comes, or `flush` says that none will. Sequences that mean nothing here are passed over.
 */
export class KeyDecoder {
  #rest = "";

  /** Whether an ESC, or the beginning of a sequence, is kept. */
  get pending(): boolean {
    return this.#rest !== "";
  }

  push(text: string): readonly Key[] {
    this.#rest += text;
    const keys: Key[] = [];
    while (this.#rest !== "") {
      const taken = this.#take(keys);
      if (taken === 0) break;
      this.#rest = this.#rest.slice(taken);
    }
    return keys;
  }

  /** What was kept is all there is: an ESC by itself is the key. */
  flush(): readonly Key[] {
    const lone = this.#rest === ESCAPE;
    this.#rest = "";
    return lone ? [{ name: "escape" }] : [];
  }

  /** Adds the first key, if it is one, and says how many code units it took; 0: more must come. */
  #take(keys: Key[]): number {
    if (this.#rest.startsWith(ESCAPE)) {
      const after = this.#rest.slice(1);
      if (after.startsWith(ESCAPE)) {
        keys.push({ name: "escape" });
        return 1;
      }
      const sequence = SEQUENCE.exec(after)?.[0];
      if (sequence === undefined) return 0;
      const name = Object.hasOwn(SEQUENCES, sequence) ? SEQUENCES[sequence] : undefined;
      if (name !== undefined) keys.push({ name });
      return 1 + sequence.length;
    }
    const char = String.fromCodePoint(this.#rest.codePointAt(0) ?? 0);
    const name = Object.hasOwn(CONTROLS, char) ? CONTROLS[char] : undefined;
    if (name !== undefined) keys.push({ name });
    else if (!/\p{Cc}/u.test(char)) keys.push({ name: "text", text: char });
    return char.length;
  }
}
