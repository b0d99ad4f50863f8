/** Kubernetes' limit for a label's name and value. */
const MAX_LENGTH = 63;

/**
 * The label key that KECS gives an ECS tag: `tag.<key>`, every character outside `[A-Za-z0-9-_./]` replaced by `-`,
 * trimmed of what is not a letter or digit at both ends, cut to 63 characters and trimmed again at the end.
 */
export function tagLabelKey(key: string): string {
  return fit(`tag.${key}`.replace(/[^A-Za-z0-9\-_./]/gu, "-"));
}

/** The label value that KECS gives an ECS tag's value: as for the key, but `/` becomes `-` too. May be empty. */
export function tagLabelValue(value: string): string {
  return fit(value.replace(/[^A-Za-z0-9\-_.]/gu, "-"));
}

/** The labels that a task with these tags carries: what a selector for its pod asks for. */
export function tagLabels(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [tagLabelKey(key), tagLabelValue(value)]));
}

/** Tags whose keys become one and the same label: only one of their values can be looked for. */
export interface TagCollision {
  readonly label: string;
  /** The tags' keys, in the order given; at least two. */
  readonly keys: readonly string[];
}

/** The tags that collide once their keys are label keys. */
export function tagCollisions(keys: Iterable<string>): readonly TagCollision[] {
  const byLabel = new Map<string, string[]>();
  for (const key of keys) {
    const label = tagLabelKey(key);
    const same = byLabel.get(label);
    if (same === undefined) byLabel.set(label, [key]);
    else same.push(key);
  }
  return [...byLabel].filter(([, same]) => same.length > 1).map(([label, same]) => ({ label, keys: same }));
}

function fit(text: string): string {
  return text.replace(/^[^A-Za-z0-9]+/, "").slice(0, MAX_LENGTH).replace(/[^A-Za-z0-9]+$/, "");
}
