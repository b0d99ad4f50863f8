import type { ClustersContext } from "./cluster_context.ts";
import { resolvePath } from "./paths.ts";
import { quoted } from "./rules.ts";
import { partOf, tokenAt } from "./tokens.ts";

/** The path written at a place of the file, resolved; undefined, and reported, where its `~` cannot be expanded. */
export function readPath(written: string, path: readonly PropertyKey[], context: ClustersContext): string | undefined {
  const { root, reporter, home } = context;
  const token = tokenAt(root, path);
  const resolved = resolvePath(written, { file: token.source.file, home });
  if (resolved !== undefined) return resolved;
  const known = home !== undefined;
  reporter.report({
    code: "PF0032",
    message: known
      ? `Cannot look up the home folder in ${quoted(written)}`
      : "Cannot expand '~': the home folder is not known",
    at: partOf(
      token,
      { value: written, from: 0, length: (/^~[^/]*/.exec(written)?.[0] ?? "").length },
    ),
    help: known ? "write the path from /, or from ~/ for your own home folder" : "set HOME, or write the path from /",
  });
  return undefined;
}
