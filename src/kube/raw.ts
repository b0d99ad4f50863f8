/** An object of unknown JSON. */
export type Raw = Readonly<Record<string, unknown>>;

/** `value` as an object, empty when it is none: what is absent and what is malformed read alike. */
export function rawObject(value: unknown): Raw {
  return isRawObject(value) ? value : {};
}

/** Whether `value` is an object, and no array. */
export function isRawObject(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `value` as a list, empty when it is none. */
export function rawList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** `value` as text, or null when it is none or empty. */
export function rawText(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The members of `value` that are text. */
export function rawTexts(value: unknown): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, one] of Object.entries(rawObject(value))) {
    if (typeof one === "string") texts[name] = one;
  }
  return texts;
}
