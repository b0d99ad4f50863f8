/** The longest name that the file takes. */
const LONGEST = 63;

/** Gives names that are valid in the file and different from each other. */
export class NameGiver {
  readonly #given = new Set<string>();

  /** The first of `wishes`, made valid, that is still free; else the first one with a number. `otherwise`: where nothing of them is left. */
  give(wishes: readonly string[], otherwise: string): string {
    const valid = wishes.map((wish) => validName(wish) || otherwise);
    const free = valid.find((name) => !this.#given.has(name)) ?? this.#numbered(valid[0] ?? otherwise);
    this.#given.add(free);
    return free;
  }

  #numbered(name: string): string {
    for (let number = 2;; number++) {
      const tail = `-${number}`;
      const numbered = `${name.slice(0, LONGEST - tail.length)}${tail}`;
      if (!this.#given.has(numbered)) return numbered;
    }
  }
}

/** Letters, digits, `.`, `_` and `-`, a letter or digit at both ends. Of what a path has before the last slash, as in an ARN, nothing is kept. */
function validName(wish: string): string {
  const end = wish.slice(wish.lastIndexOf("/") + 1);
  return end.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, LONGEST).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
