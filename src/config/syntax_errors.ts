import { type Document, isCollection, isScalar, visit, type YAMLParseError } from "yaml";
import type { Problem } from "./reporter.ts";
import type { SourceText, Span } from "./source_text.ts";

interface Words {
  readonly code: Problem["code"];
  readonly message: string;
  readonly help?: string;
}

/** By the parser's code: what is meant, in our words. The parser's own message is used where there is no entry. */
const BY_CODE: { readonly [code: string]: Omit<Words, "code"> } = {
  ALIAS_PROPS: { message: "An alias cannot have an anchor or a tag of its own" },
  BAD_ALIAS: {
    message: "The name of this anchor or alias is empty or ends in a colon",
    help: "put a space before the colon",
  },
  BAD_DQ_ESCAPE: {
    message: "This backslash sequence is not known",
    help: "use single quotes, or write the backslash twice",
  },
  BAD_INDENT: {
    message: "The indentation does not fit",
    help: "indent all entries of one mapping or list by the same number of spaces",
  },
  BAD_PROP_ORDER: { message: "An anchor or tag stands at the wrong place", help: "put it after the ':' or '-'" },
  BAD_SCALAR_START: { message: "A value cannot begin with this character", help: "put the value in quotes" },
  BLOCK_AS_IMPLICIT_KEY: { message: "A second ':' on one line", help: "put the value in quotes, or begin a new line" },
  BLOCK_IN_FLOW: { message: "A second ':', or an indented block, inside { } or [ ]", help: "is a comma missing?" },
  KEY_OVER_1024_CHARS: { message: "The key is longer than 1,024 characters" },
  MULTILINE_IMPLICIT_KEY: {
    message: "A key has to be on one line, followed by ':'",
    help: "is a ':' missing, or a quote or bracket not closed?",
  },
  MULTIPLE_ANCHORS: { message: "A value can have one anchor only" },
  MULTIPLE_TAGS: { message: "A value can have one tag only" },
};

/** By the beginning of the parser's message, where one code means many things. */
const BY_MESSAGE: readonly (readonly [RegExp, Omit<Words, "code">])[] = [
  [/^Missing closing (.)quote/, { message: "The quote is not closed", help: "add the closing quote" }],
  [/^Flow map .*must .*end with a }|^Flow map.*end/, { message: "The '{' is not closed", help: "add the closing '}'" }],
  [/^Flow sequence .*end/, { message: "The '[' is not closed", help: "add the closing ']'" }],
  [/^Missing , (or : )?between/, {
    message: "A comma is missing before this",
    help: "separate entries inside { } and [ ] by commas",
  }],
  [/^Missing space after :/, { message: "A space is missing after ':'" }],
  [/^Unexpected , in/, { message: "A comma too many" }],
  [/^Implicit map keys need to be followed/, {
    message: "A ':' is missing after this key",
    help: "write 'key: value'",
  }],
  [/^Sequence item without -/, { message: "A '-' is missing before this list item" }],
  [/^Comments must be separated/, { message: "A space is missing before '#'" }],
  [/^Unexpected (flow-map-end|flow-seq-end|\}|\])/, { message: "A closing bracket that nothing opened" }],
  [/^Unexpected (flow-map-start|flow-seq-start|\{|\[)/, {
    message: "A bracket that does not belong here",
    help: "put the value in quotes",
  }],
  [/^Unexpected scalar/, { message: "Text that does not belong here", help: "is a quote closed too early?" }],
  [/^Unexpected (block-map|block-seq)/, { message: "An indented block that does not belong here" }],
];

/** The first syntax error of a text as one problem in our words; undefined when it has none. */
export function syntaxProblem(document: Document.Parsed, source: SourceText): Problem | undefined {
  const first = document.errors.reduce<YAMLParseError | undefined>(
    (best, error) => best === undefined || error.pos[0] < best.pos[0] ? error : best,
    undefined,
  );
  if (first === undefined) return undefined;
  const at = source.span(first.pos[0], first.pos[1]);
  if (first.code === "MULTIPLE_DOCS") return severalDocuments(at.start, source);
  if (first.code === "TAB_AS_INDENT" || isTabIndent(first, source)) {
    const lineStart = source.text.lastIndexOf("\n", Math.max(at.start - 1, 0)) + 1;
    const tab = source.text.indexOf("\t", lineStart);
    return {
      code: "PF0007",
      message: "Tabs cannot indent YAML",
      at: tab >= 0 && tab <= at.end ? source.span(tab, tab + tabsAt(source.text, tab)) : at,
      help: "replace the tab by spaces",
    };
  }
  if (source.text[at.start - 1] === "$" && source.text[at.start] === "{") {
    const start = at.start - 1;
    const end = source.text.indexOf("}", start) + 1 || at.end;
    return {
      code: "PF0006",
      message: "A variable inside { } or [ ] has to be in quotes",
      at: source.span(start, end),
      help: `write "${source.text.slice(start, Math.min(end, start + 60))}"`,
    };
  }
  const words = BY_MESSAGE.find(([pattern]) => pattern.test(first.message))?.[1] ?? BY_CODE[first.code] ??
    { message: parserWords(first.message) };
  const opened = /is not closed$/.test(words.message) ? opening(document, at) : undefined;
  return { code: "PF0006", at: opened ?? firstText(at), message: words.message, help: words.help };
}

/** The quote or bracket that is open at an offset, the innermost: where it opens says more than where its end is missed. */
function opening(document: Document.Parsed, { source, start: offset }: Span): Span | undefined {
  let found: Span | undefined;
  visit(document, {
    Node(_key, node) {
      const open = isCollection(node) ? node.flow === true : isScalar(node) && /^QUOTE/.test(node.type ?? "");
      const [start, end] = node.range ?? [0, -1];
      if (open && start < offset && offset <= end && (found === undefined || start > found.start)) {
        found = source.span(start, start + 1);
      }
    },
  });
  return found;
}

/** A span that begins with spaces, moved to the text after them on the same line. */
function firstText(at: Span): Span {
  const { source } = at;
  let start = at.start;
  while (source.text[start] === " ") start++;
  return /[^\r\n]/.test(source.text[start] ?? "\n") ? source.span(start, Math.max(at.end, start + 1)) : at;
}

function severalDocuments(from: number, source: SourceText): Problem {
  const mark = /^---/m.exec(source.text.slice(from));
  const start = from + (mark?.index ?? 0);
  return {
    code: "PF0008",
    message: "The file holds more than one YAML document",
    at: source.span(start, start + 3),
    label: "the second one begins here",
    help: "keep one document in forwards.yaml",
  };
}

/** Tabs before the first character of a line make the parser complain in several ways. */
function isTabIndent(error: YAMLParseError, source: SourceText): boolean {
  const lineStart = source.text.lastIndexOf("\n", Math.max(error.pos[0] - 1, 0)) + 1;
  return /^ *\t/.test(source.text.slice(lineStart, Math.max(error.pos[0], lineStart) + 2));
}

function parserWords(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/[.:]\s*$/, "");
}

function tabsAt(text: string, start: number): number {
  let end = start;
  while (text[end] === "\t") end++;
  return end - start;
}
