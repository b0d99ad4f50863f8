import type { ForwardSpec, Workspace } from "./workspace.ts";

/** What of a forward says whether it belongs to a profile. */
export type ProfileMember = Pick<ForwardSpec, "name" | "cluster">;

/**
 * Which forwards the named profiles of a workspace hold. An entry of a profile is a name, in which `*` stands for any
 * characters; with `CLUSTER/` before it, only forwards of that cluster are meant. A profile that is not there holds none.
 */
export function profileFilter(
  { profiles }: Pick<Workspace, "profiles">,
  names: readonly string[],
): (forward: ProfileMember) => boolean {
  const entries = names.flatMap((name) => profiles?.get(name) ?? []);
  const plain = new Set(entries.filter((entry) => !/[*/]/.test(entry)));
  const patterns = entries.filter((entry) => /[*/]/.test(entry)).map((entry) => {
    const slash = entry.indexOf("/");
    return { cluster: slash < 0 ? null : glob(entry.slice(0, slash)), name: glob(entry.slice(slash + 1)) };
  });
  return ({ name, cluster }) =>
    plain.has(name) ||
    patterns.some((pattern) => pattern.name.test(name) && (pattern.cluster === null || pattern.cluster.test(cluster)));
}

function glob(pattern: string): RegExp {
  return new RegExp(`^${pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")).join(".*")}$`);
}
