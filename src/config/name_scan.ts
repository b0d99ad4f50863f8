/** Names that a workspace gives to things. */
export interface WorkspaceNames {
  readonly forwards: readonly string[];
  readonly clusters: readonly string[];
  readonly profiles: readonly string[];
}

const SECTIONS = ["forwards", "clusters", "profiles"] as const;

/** A template or a merge: what there is does not show on the line. */
const TEMPLATE = /^\s+(?:for:|<<:)|[{,]\s*(?:for|<<):/;

/**
 * The names in a `forwards.yaml`, read off its lines without a YAML parser: for completion, which must be quick and may be wrong. Null where the
 * file is laid out in a way that lines do not show: sections in braces over several lines, other files, templates, anchors merged in.
 * The plain reader (`plain_yaml.ts`) does not do instead: it gives up at the first mistake, and a file is most often completed for while
 * somebody is in the middle of typing it. Here a line of a block that is not understood is passed over.
 */
export function scanNames(text: string): WorkspaceNames | null {
  const found: Record<typeof SECTIONS[number], string[]> = { forwards: [], clusters: [], profiles: [] };
  let section: string[] | null = null;
  let indent = "";
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const [, key, rest = ""] = /^([A-Za-z]+):(.*)$/.exec(line) ?? [];
    if (key !== undefined) {
      const name = SECTIONS.find((one) => one === key);
      section = name === undefined ? null : found[name];
      indent = "";
      if (key === "extends" || (name !== undefined && TEMPLATE.test(line))) return null;
      if (section === null || /^\s*(?:#.*)?$/.test(rest)) continue;
      const names = namesInBraces(rest.trim());
      if (names === null) return null;
      section.push(...names);
      section = null;
      continue;
    }
    if (TEMPLATE.test(line)) return null;
    if (section === null) continue;
    const [, spaces = "", quoted, plain] = /^( +)(?:["']([^"']+)["']|([A-Za-z0-9._-]+)):/.exec(line) ?? [];
    if (spaces === "") continue;
    if (indent === "") indent = spaces;
    if (spaces === indent) section.push(quoted ?? plain ?? "");
  }
  return found;
}

/** What a mapping in braces consists of: texts in quotes, brackets, commas, and what is between them. */
const PARTS = /"(?:[^"\\]|\\.)*"|'[^']*'|[{}[\],]|[^"'{}[\],]+/g;

/** The keys of a mapping in braces that ends on its line; null where it does not, or is none. */
function namesInBraces(text: string): readonly string[] | null {
  const names: string[] = [];
  let depth = 0;
  let entry = "";
  const end = (): void => {
    const [, quoted, plain] = /^\s*(?:["']([^"']+)["']|([A-Za-z0-9._-]+))\s*:/.exec(entry) ?? [];
    if (quoted !== undefined || plain !== undefined) names.push(quoted ?? plain ?? "");
    entry = "";
  };
  for (const { 0: part, index } of text.matchAll(PARTS)) {
    if (part === "{" || part === "[") {
      depth++;
      if (index === 0 && part === "[") return null;
      continue;
    }
    if (part === "}" || part === "]") {
      depth--;
      if (depth > 0) continue;
      end();
      return /^\s*(?:#.*)?$/.test(text.slice(index + 1)) ? names : null;
    }
    if (depth === 0) return null;
    if (depth > 1) continue;
    if (part === ",") end();
    else entry += part;
  }
  return null;
}
