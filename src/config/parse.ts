import { readDocument } from "./document.ts";
import { readPlain } from "./plain_yaml.ts";
import { Reporter } from "./reporter.ts";
import { goodShape } from "./shape.ts";
import { checkShape } from "./shape_check.ts";
import { SourceText } from "./source_text.ts";
import { expandTemplates } from "./templates.ts";
import { type ParseOptions, type ParseResult, withVariables, workspaceOf } from "./workspace.ts";

/**
 * Reads the text of a `forwards.yaml`, version 1, alone: what it `extends` is not read, which is an error. Pure; never throws for any
 * text. All problems are found in one go, but for YAML that cannot be read at all: then the first place is reported.
 */
export function parseWorkspace(text: string, options: ParseOptions): ParseResult {
  const reporter = new Reporter();
  const source = new SourceText(options.file, text);
  const written = readPlain(source) ?? readDocument(source, { reporter });
  const env = options.env ?? (() => undefined);
  const tree = written === undefined ? undefined : expandTemplates(written, { env, reporter });
  const extended = tree?.entries.get("extends");
  if (extended !== undefined) {
    reporter.report({
      code: "PF0062",
      message: "Cannot read other files here: there is only this text",
      at: extended.key,
    });
  }
  const root = withVariables(tree, { reporter, env });
  const read = root === undefined ? undefined : { tree: root, shape: goodShape(root) ?? checkShape(root, reporter) };
  const { workspace, diagnostics } = workspaceOf(read, reporter, options);
  return { workspace, diagnostics };
}
