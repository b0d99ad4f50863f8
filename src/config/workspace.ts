import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { hasErrors, inOrder } from "../diagnostics/order.ts";
import type { ClusterSpec, ForwardSpec, Workspace } from "../model/workspace.ts";
import { BUILT_IN, readBehaviour } from "./behaviour.ts";
import { reportClaims } from "./claim_reports.ts";
import { readCluster, reportSharedClusters } from "./clusters.ts";
import { readForward } from "./forwards.ts";
import { interpolate } from "./interpolate.ts";
import { type Listening, reportSharedPorts } from "./local_ports.ts";
import type { PortClaim } from "./port_claims.ts";
import { readProfiles } from "./profiles.ts";
import type { Reporter } from "./reporter.ts";
import { quoted } from "./rules.ts";
import { NAME_PATTERN } from "./names.ts";
import type { Shape } from "./shape.ts";
import type { Environment } from "./variables.ts";
import type { MapTree } from "./tree.ts";

/** What is known about the file besides its text. */
export interface ParseOptions {
  /** Its path: named in diagnostics, and the folder that relative paths in it begin at. */
  readonly file: string;
  /** The home folder that `~` stands for. */
  readonly home?: string | undefined;
  /** The variables that `${NAME}` stands for; absent: none is set. */
  readonly env?: Environment | undefined;
}

/** What became of a file. */
export interface ParseResult {
  /** Null when there is any error. */
  readonly workspace: Workspace | null;
  /** In the file's order; warnings may stand beside a workspace. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A tree with its variables replaced; undefined: it has none any more, which was reported. */
export function withVariables(
  written: MapTree | undefined,
  { reporter, env }: { readonly reporter: Reporter; readonly env: Environment },
): MapTree | undefined {
  const tree = written === undefined ? undefined : interpolate(written, { scope: { env }, reporter });
  return tree?.kind === "map" ? tree : undefined;
}

/** What a tree means; undefined: what is wrong with it was reported. `shape`: of that tree. */
export function workspaceOf(
  read: { readonly tree: MapTree; readonly shape: Shape } | undefined,
  reporter: Reporter,
  options: ParseOptions,
): ParseResult & { readonly tree: MapTree | null } {
  const workspace = read === undefined ? null : readWorkspace(read.tree, read.shape, { ...options, reporter });
  const diagnostics = inOrder(reporter.diagnostics);
  return { workspace: hasErrors(diagnostics) ? null : workspace, diagnostics, tree: read?.tree ?? null };
}

function readWorkspace(
  root: MapTree,
  { data, isBroken }: Shape,
  { reporter, ...options }: ParseOptions & { readonly reporter: Reporter },
): Workspace {
  const defaults = readBehaviour(data.defaults ?? {}, BUILT_IN, { root, path: ["defaults"], reporter });
  const clusterNames = checkNames("clusters", root, reporter);
  const forwardNames = checkNames("forwards", root, reporter);
  checkNames("profiles", root, reporter);
  const clusters = new Map<string, ClusterSpec>();
  const claims: PortClaim[] = [];
  for (const [name, written] of Object.entries(data.clusters ?? {})) {
    const read = readCluster(name, written, { home: options.home, root, reporter, isBroken, bind: defaults.bind });
    clusters.set(name, read.spec);
    claims.push(...read.claims);
  }
  const forwards: ForwardSpec[] = [];
  const listening: Listening[] = [];
  // By the tree, not by the data: JavaScript moves keys that look like numbers to the front.
  for (const name of forwardNames) {
    const all = data.forwards ?? {};
    const written = Object.hasOwn(all, name) ? all[name] : undefined;
    if (written === undefined) continue;
    const read = readForward(name, written, { root, reporter, isBroken, defaults, clusterNames, clusters });
    if (written.enabled === false) continue;
    listening.push(read.listening);
    if (read.spec !== undefined) forwards.push(read.spec);
  }
  reportSharedPorts(listening, reporter);
  reportSharedClusters(clusters.values(), reporter);
  reportClaims({ claims, forwards: listening, clusters }, reporter);
  const names = { forwards: forwardNames, clusters: clusterNames };
  const profiles = readProfiles(data.profiles ?? {}, { root, reporter, ...names });
  const { dashboard = false } = data.defaults ?? {};
  return {
    file: options.file,
    clusters,
    forwards,
    defaults,
    ...(profiles.size === 0 ? {} : { profiles }),
    ...(dashboard === false ? {} : { dashboard: dashboard === true ? 0 : dashboard }),
  };
}

/** The names of a section, all of them. Reports those that are not valid. */
function checkNames(
  section: "clusters" | "forwards" | "profiles",
  root: MapTree,
  reporter: Reporter,
): readonly string[] {
  const tree = root.entries.get(section)?.tree;
  if (tree?.kind !== "map") return [];
  const form = new RegExp(NAME_PATTERN);
  for (const [name, entry] of tree.entries) {
    if (form.test(name)) continue;
    reporter.report({
      code: "PF0027",
      message: `${quoted(name)} is not a valid name of a ${section.slice(0, -1)}`,
      at: entry.key,
      help: "use letters, digits, '.', '_' and '-', beginning and ending with a letter or digit, up to 63",
    });
  }
  return [...tree.entries.keys()];
}
