/** Those of the variables `names` that are set, as a program or a file is to get them. */
export function setVariables(
  names: readonly string[],
  env: (name: string) => string | undefined,
): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of names) {
    const value = env(name);
    if (value !== undefined) set[name] = value;
  }
  return set;
}
