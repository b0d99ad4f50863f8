import { entriesOf } from "../config/edit/yaml_data.ts";
import { editYaml, type YamlEdit } from "../config/edit/yaml_edit.ts";
import { localFileOf } from "../config/paths.ts";
import { basename } from "../view/text.ts";
import { cannotWrite, type Failure } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices, GoodFile, LoadedFile } from "./services.ts";

/** The files of a workspace, for verbs that edit them. */
export interface WorkspaceFiles {
  /** The workspace of `file` as it would be with this text at `path`; null: without a file there. Never rejects. */
  check(file: string, change: { readonly path: string; readonly text: string | null }): Promise<LoadedFile>;
  /** Puts a text in place of a file, as a whole or not at all. Resolves with why it could not be; null when it is done. */
  write(path: string, text: string): Promise<string | null>;
}

/** Which of the workspace's files is meant: the person's own one, or the one that the team shares. */
export type EditedFile = "local" | "team";

/** What became of an edit. */
export type Edited =
  | { readonly kind: "written"; readonly loaded: GoodFile; readonly shown: string }
  /** It is as it was asked to be. */
  | { readonly kind: "same"; readonly loaded: GoodFile; readonly shown: string }
  | { readonly kind: "failed"; readonly failure: Failure };

const HEADER = "# Forwards of this machine alone, laid over FILE. Keep this file out of version control.\n";

/** The path of the file that is meant. */
export function editedPath(loaded: LoadedFile, which: EditedFile): string {
  return which === "team" ? loaded.file : localFileOf(loaded.file);
}

/** The forwards that are written in the file that is meant, by name, as they are written. */
export function writtenForwards(loaded: LoadedFile, which: EditedFile): ReadonlyMap<string, unknown> {
  return entriesOf(loaded.sources.get(editedPath(loaded, which)) ?? "", "forwards");
}

/**
 * Makes edits in one of the workspace's files. Nothing is written unless all of them can be made and the workspace is good
 * with them.
 */
export async function editWorkspace(
  services: CliServices,
  { loaded, which, edits }: {
    readonly loaded: GoodFile;
    readonly which: EditedFile;
    readonly edits: readonly YamlEdit[];
  },
): Promise<Edited> {
  const path = editedPath(loaded, which);
  const shown = loaded.show(path);
  const before = loaded.sources.get(path) ?? HEADER.replace("FILE", basename(loaded.file));
  let text = before;
  for (const edit of edits) {
    const result = editYaml(text, edit);
    if (!result.ok) {
      return failed({
        code: "cannot-edit",
        message: `Cannot edit ${shown}: ${result.problem}`,
        help: "Nothing was changed. Make the change in an editor",
        exit: EXIT.badFile,
      });
    }
    text = result.text;
  }
  if (text === before) return { kind: "same", loaded, shown };
  const after = await services.files.check(loaded.file, { path, text });
  const { workspace } = after;
  if (workspace === null) return failed(refusal(after));
  const problem = await services.files.write(path, text);
  if (problem !== null) return failed(cannotWrite(problem));
  return { kind: "written", loaded: { ...after, workspace }, shown };
}

function refusal({ diagnostics }: LoadedFile): Failure {
  const [first, ...more] = diagnostics.filter(({ severity }) => severity === "error");
  const others = more.length === 0 ? "" : `; ${more.map(({ message }) => message).join("; ")}`;
  return {
    code: "usage",
    message: `${first?.message ?? "The file would not be valid"}${others}`,
    help: [...(first?.help === undefined ? [] : [sentence(first.help)]), "Nothing was changed"].join(" "),
    exit: EXIT.usage,
  };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

function failed(failure: Failure): Edited {
  return { kind: "failed", failure };
}
