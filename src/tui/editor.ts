import { basename } from "../view/text.ts";

/** A place in a file. Both counts begin at 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * The command line that opens a place in `editor`, which may have arguments of its own (`code --wait`). Editors have no common way to be told
 * a line: VS Code and its kin take `--goto FILE:LINE:COLUMN`, Sublime, Zed and Helix `FILE:LINE:COLUMN`; `+LINE FILE` is what vi, nano, emacs
 * and most others take.
 */
export function editorArgv(editor: string, { file, line, column }: Place): readonly string[] {
  const words = editor.split(/\s+/).filter((word) => word !== "");
  const program = basename(words[0] ?? "");
  if (/^(?:code|code-insiders|codium|cursor|windsurf)$/.test(program)) {
    const wait = words.includes("--wait") || words.includes("-w") ? [] : ["--wait"];
    return [...words, ...wait, "--goto", `${file}:${line}:${column}`];
  }
  if (/^(?:subl|zed|hx|helix)$/.test(program)) return [...words, `${file}:${line}:${column}`];
  return [...words, `+${line}`, file];
}
