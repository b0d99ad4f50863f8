import { parseDocument } from "yaml";

/**
 * The entries of a mapping of a YAML text, in their order, as plain data: what the schema makes of them is not asked. No
 * entries where the text is no YAML or has no such mapping. Never throws.
 */
export function entriesOf(text: string, section: string): ReadonlyMap<string, unknown> {
  let data: unknown;
  try {
    const document = parseDocument(text, { schema: "core", version: "1.2", prettyErrors: false, logLevel: "silent" });
    data = document.errors.length > 0 ? null : document.toJS();
  } catch {
    // Nested thousands of levels deep, or aliases of aliases.
    return new Map();
  }
  if (typeof data !== "object" || data === null || !Object.hasOwn(data, section)) return new Map();
  const found: unknown = new Map<string, unknown>(Object.entries(data)).get(section);
  return typeof found === "object" && found !== null && !Array.isArray(found)
    ? new Map(Object.entries(found))
    : new Map();
}
