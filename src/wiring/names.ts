import { dirname, join } from "node:path";
import { scanNames, type WorkspaceNames } from "../config/name_scan.ts";
import type { Host } from "./host.ts";
import { locateFile } from "./locate.ts";

const NONE: WorkspaceNames = { forwards: [], clusters: [], profiles: [] };

/**
 * The names of the workspace of `file`, as quickly as they can be had: read off the lines of the file and of the personal one beside it, and only
 * where that is not enough with the parser. Never rejects: without a file there are none.
 */
export async function workspaceNames(host: Host, file: string | undefined): Promise<WorkspaceNames> {
  const path = await locateFile(host.cwd, file);
  if (path === null) return NONE;
  const own = await Deno.readTextFile(path).catch(() => null);
  if (own === null) return NONE;
  const personal = await Deno.readTextFile(join(dirname(path), "forwards.local.yaml")).catch(() => "");
  const parts = [scanNames(own), scanNames(personal)];
  const scanned = parts.filter((part) => part !== null);
  if (scanned.length === parts.length) return merge(scanned);
  const { loadFile } = await import("./workspace_files.ts");
  const { workspace } = await loadFile(host, path);
  if (workspace === null) return merge(scanned);
  return merge([...scanned, {
    forwards: workspace.forwards.map(({ name }) => name),
    clusters: [...workspace.clusters.keys()],
    profiles: [...workspace.profiles?.keys() ?? []],
  }]);
}

function merge(parts: readonly WorkspaceNames[]): WorkspaceNames {
  const all = (of: keyof WorkspaceNames) => [...new Set(parts.flatMap((part) => part[of]))];
  return { forwards: all("forwards"), clusters: all("clusters"), profiles: all("profiles") };
}
