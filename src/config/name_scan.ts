/** Names that a workspace gives to things. */
export interface WorkspaceNames {
  readonly forwards: readonly string[];
  readonly clusters: readonly string[];
  readonly profiles: readonly string[];
}

const SECTIONS = ["forwards", "clusters", "profiles"] as const;

/**
 * The names in a `forwards.yaml`, read off its lines without a YAML parser: for completion, which must be quick and may be wrong. Null where the
 * file is laid out in a way that lines do not show: sections in braces, other files, templates, anchors merged in.
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
      if (key === "extends" || (name !== undefined && !/^\s*(?:#.*)?$/.test(rest))) return null;
      section = name === undefined ? null : found[name];
      indent = "";
      continue;
    }
    if (/^\s+(?:for:|<<:)|[{,]\s*for:/.test(line)) return null;
    if (section === null) continue;
    const [, spaces = "", quoted, plain] = /^( +)(?:["']([^"']+)["']|([A-Za-z0-9._-]+)):/.exec(line) ?? [];
    if (spaces === "") continue;
    if (indent === "") indent = spaces;
    if (spaces === indent) section.push(quoted ?? plain ?? "");
  }
  return found;
}
