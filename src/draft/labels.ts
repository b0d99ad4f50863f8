/** The labels of a selector such as `app=web,tier==front`; null where it says more than that labels have values, or nothing. */
export function parseLabels(selector: string): Readonly<Record<string, string>> | null {
  const labels: [string, string][] = [];
  for (const part of selector.split(",")) {
    const [, key, value] = /^\s*([^\s=!(),]+)\s*==?\s*([^\s=!(),]*)\s*$/.exec(part) ?? [];
    if (key === undefined || value === undefined) return null;
    labels.push([key, value]);
  }
  return Object.fromEntries(labels);
}
