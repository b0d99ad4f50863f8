import { profileFilter, type ProfileMember } from "../model/profiles.ts";
import type { Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import { suggestion } from "./suggest.ts";
import { tokenAt } from "./tokens.ts";
import type { MapTree } from "./tree.ts";

/** What the entries of `profiles` are read against. */
export interface ProfilesContext {
  readonly root: MapTree;
  readonly reporter: Reporter;
  /** Every name under `forwards`, also of entries that are wrong or not enabled. */
  readonly forwards: readonly string[];
  /** Every name under `clusters`. */
  readonly clusters: readonly string[];
}

/** So many names are looked through for a near one. */
const MAX_SUGGESTED = 1000;

/** Reads `profiles`. Reports names of no forward, and patterns of no cluster. */
export function readProfiles(
  written: Readonly<Record<string, readonly string[]>>,
  { root, reporter, forwards, clusters }: ProfilesContext,
): ReadonlyMap<string, readonly string[]> {
  const known = new Set(forwards);
  for (const [profile, entries] of Object.entries(written)) {
    for (const [index, entry] of entries.entries()) {
      const at = tokenAt(root, ["profiles", profile, index]);
      const cluster = entry.includes("/") ? entry.slice(0, entry.indexOf("/")) : null;
      if (cluster !== null) {
        const isOne: (member: ProfileMember) => boolean = profileFilter(
          { profiles: new Map([["", [`${cluster}/*`]]]) },
          [""],
        );
        if (clusters.some((name) => isOne({ name: "", cluster: name }))) continue;
        reporter.report({
          code: "PF0068",
          message: `Profile '${profile}' names an unknown cluster ${quoted(cluster)}`,
          at,
          help: suggestion(cluster, clusters) ?? "write CLUSTER/* for all forwards of a cluster",
        });
      } else if (!entry.includes("*") && !known.has(entry)) {
        reporter.report({
          code: "PF0068",
          message: `Profile '${profile}' names an unknown forward ${quoted(entry)}`,
          at,
          help: suggestion(entry, forwards.slice(0, MAX_SUGGESTED)) ??
            "write the name of a forward, or a pattern such as api-*",
        });
      }
    }
  }
  return new Map(Object.entries(written));
}
