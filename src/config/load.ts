import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { Layers } from "./layers.ts";
import { folderOf, isAbsolute, localFileOf, normalize, WORKSPACE_FILE } from "./paths.ts";
import { describeFailure, FilesReader, type Found, type ReadOptions, type Words } from "./read_files.ts";
import { Reporter } from "./reporter.ts";
import { goodShape, type Shape } from "./shape.ts";
import type { Environment } from "./variables.ts";
import { type ParseResult, withVariables, workspaceOf } from "./workspace.ts";
import type { MapTree } from "./tree.ts";

/** Which file, read by what. */
export interface LoadOptions extends ReadOptions {
  /** The current folder, absolute: a relative `file` begins here, and the search goes upward from here. */
  readonly cwd: string;
  /** A path that was given; absent: `forwards.yaml` is looked for. */
  readonly file?: string | undefined;
  /** The home folder that `~` stands for. */
  readonly home?: string | undefined;
  /** The variables that `${NAME}` stands for; absent: none is set. */
  readonly env?: Environment | undefined;
}

/** What became of the file and of those that belong to it. */
export interface LoadResult extends ParseResult {
  /** The absolute path of the root file that was read, or of the one that was wanted. */
  readonly file: string;
  /** Every file that was looked at, by absolute path: its text; null where it is not there, undefined where it cannot be read. */
  readonly sources: ReadonlyMap<string, string | null | undefined>;
  /** All files merged, as written, variables replaced; null where that could not be done. */
  readonly tree: MapTree | null;
}

/**
 * Finds, reads and parses a workspace: the root file, what it extends, and what its overlay (`forwards.local.yaml` beside it) says otherwise.
 * What goes wrong is a diagnostic. Rejects only when the signal says so.
 */
export async function loadWorkspace(options: LoadOptions): Promise<LoadResult> {
  const files = new FilesReader(options);
  const found = await find(files, options);
  const { file } = found;
  const root = files.text(found);
  if (typeof root !== "string") {
    const words = found.result.kind === "missing" ? missing(file, options) : describeFailure(file, found.result);
    return { file, sources: files.sources, tree: null, workspace: null, diagnostics: [withoutPlace(words)] };
  }
  const reporter = new Reporter();
  const { home, env = () => undefined } = options;
  const layers = new Layers({ files, reporter, env, home });
  await layers.add(file, root);
  const overlay = await files.read(localFileOf(file));
  const local = files.text(overlay);
  if (typeof local === "string") await layers.add(overlay.file, local, { mayBeEmpty: true });
  else if (overlay.result.kind !== "missing") {
    reporter.diagnostics.push(withoutPlace(describeFailure(overlay.file, overlay.result)));
  }
  const tree = withVariables(layers.merged(), { reporter, env });
  const read = tree === undefined ? undefined : { tree, shape: await shapeOf(tree, reporter) };
  return { file, sources: files.sources, ...workspaceOf(read, reporter, { file, home, env }) };
}

/** The schema is loaded only where something does not fit it. */
async function shapeOf(tree: MapTree, reporter: Reporter): Promise<Shape> {
  return goodShape(tree) ?? (await import("./shape_check.ts")).checkShape(tree, reporter);
}

async function find(files: FilesReader, { cwd, file }: LoadOptions): Promise<Found> {
  if (file !== undefined) return await files.read(normalize(isAbsolute(file) ? file : `${cwd}/${file}`));
  let folder = normalize(`${cwd}/`);
  const first = await files.read(join(folder));
  let here = first;
  while (here.result.kind === "missing" && folder !== "/" && folder !== ".") {
    folder = folderOf(folder).slice(0, -1) || "/";
    here = await files.read(join(folder));
  }
  return here.result.kind === "missing" ? first : here;
}

function join(folder: string): string {
  return folder === "/" ? `/${WORKSPACE_FILE}` : `${folder}/${WORKSPACE_FILE}`;
}

function missing(file: string, { cwd, file: given }: LoadOptions): Words {
  return given === undefined
    ? {
      code: "PF0001",
      message: `No ${WORKSPACE_FILE} in '${cwd}' or any folder above it`,
      help: "go to the project's folder, name the file with -f FILE, or make one: init, import",
    }
    : { code: "PF0001", message: `File '${file}' not found` };
}

function withoutPlace(words: Words): Diagnostic {
  return { ...words, severity: "error", where: null };
}
