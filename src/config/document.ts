import { parseDocument } from "yaml";
import type { Reporter } from "./reporter.ts";
import { SourceText } from "./source_text.ts";
import { syntaxProblem } from "./syntax_errors.ts";
import { type MapTree, mapTree } from "./tree.ts";
import { buildTree } from "./yaml_tree.ts";

/**
 * The tree of one file's text. Undefined, and reported, where it is no YAML mapping; of YAML that cannot be read the first
 * place is reported. `mayBeEmpty`: a text without any value is a mapping without keys.
 */
export function readDocument(
  source: SourceText,
  { reporter, mayBeEmpty = false }: { readonly reporter: Reporter; readonly mayBeEmpty?: boolean },
): MapTree | undefined {
  const start = source.span(0, 0);
  try {
    const document = parseDocument(source.text, {
      schema: "core",
      version: "1.2",
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
    });
    const syntax = syntaxProblem(document, source);
    if (syntax !== undefined) {
      reporter.report(syntax);
      return undefined;
    }
    const tree = buildTree(document, source, reporter);
    if (tree?.kind === "map") return tree;
    if (tree === null || tree.value === null) {
      if (mayBeEmpty) return mapTree(start, new Map());
      reporter.report({ code: "PF0009", message: "The file is empty", at: start, help: "begin it with version: 1" });
    } else {
      const what = tree.kind === "list" ? "a list" : "text";
      reporter.report({
        code: "PF0010",
        message: `The file's top level is ${what}, not a mapping`,
        at: tree.at,
        help: "begin the file with version: 1",
      });
    }
  } catch (error) {
    // The parser is recursive: text that nests thousands of levels deep ends its stack.
    if (!(error instanceof RangeError)) throw error;
    reporter.report({ code: "PF0013", message: "Cannot use nesting thousands of levels deep in this file", at: start });
  }
  return undefined;
}
