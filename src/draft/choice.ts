/**
 * Which of `count` numbered things a person's words mean, from 0: numbers and ranges from 1, with commas or spaces between (`1,3-5 8`), `all`
 * or nothing for all of them, `none`. Null where the words mean nothing.
 */
export function parseChoice(words: string, count: number): readonly number[] | null {
  const text = words.trim().toLowerCase();
  const all = Array.from({ length: count }, (_, index) => index);
  if (text === "" || text === "all") return all;
  if (text === "none") return [];
  const chosen = new Set<number>();
  for (const part of text.split(/[\s,]+/).filter((one) => one !== "")) {
    const [, first = "", last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === "" || from < 1 || to > count || from > to) return null;
    for (let number = from; number <= to; number++) chosen.add(number - 1);
  }
  return all.filter((index) => chosen.has(index));
}
