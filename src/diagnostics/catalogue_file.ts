import type { CatalogueEntry } from "./catalogue.ts";

const yaml = (text: string) => ({ kind: "yaml", text } as const);
const shell = (text: string) => ({ kind: "shell", text } as const);

/** Codes for the file as a whole and for its YAML. */
export const FILE_ENTRIES = {
  PF0001: {
    title: "File not found",
    explanation:
      "There is no such file. Without `-f`, `forwards.yaml` is looked for in the current folder and in every " +
      "folder above it.",
    example: shell("$ berth plan -f nowhere.yaml"),
  },
  PF0002: {
    title: "File cannot be read",
    explanation: "The file is there, but reading it fails: most often the permission is missing.",
    example: shell("$ chmod 000 forwards.yaml && berth plan"),
  },
  PF0003: {
    title: "Not a file",
    explanation: "The path leads to a folder or to something else that is not a file.",
    example: shell("$ berth plan -f /tmp"),
  },
  PF0004: {
    title: "Not UTF-8",
    explanation:
      "The file holds bytes that are not UTF-8 text. Save it as UTF-8; a byte order mark is allowed, UTF-16 is not.",
    example: shell("$ iconv -t UTF-16 forwards.yaml > f.yaml && berth plan -f f.yaml"),
  },
  PF0005: {
    title: "File too large",
    explanation: "The file is larger than 4 MiB, which no list of forwards is. The path is probably wrong.",
    example: shell("$ berth plan -f backup.tar"),
  },
  PF0006: {
    title: "Not valid YAML",
    explanation:
      "The text cannot be read as YAML 1.2, so nothing in it is checked further. Only the first such place is " +
      "reported, because the ones after it are often only its consequences.",
    example: yaml("version: 1\nforwards:\n  web: { service: default/web, port: 80\n"),
  },
  PF0007: {
    title: "Tab used for indentation",
    explanation: "YAML is indented with spaces only.",
    example: yaml("version: 1\nclusters:\n\tplay: { sandbox: {} }\n"),
  },
  PF0008: {
    title: "Several documents in one file",
    explanation: "A line `---` begins another YAML document. A workspace is one document.",
    example: yaml("version: 1\n---\nversion: 1\n"),
  },
  PF0009: {
    title: "Empty file",
    explanation: "The file holds nothing, or only comments. An empty workspace is `version: 1`.",
    example: yaml("# nothing here yet\n"),
  },
  PF0010: {
    title: "Not a mapping",
    explanation: "The file's top level has to be a mapping of keys: `version`, `defaults`, `clusters`, `forwards`.",
    example: yaml("- version: 1\n"),
  },
  PF0011: {
    title: "Duplicate key",
    explanation: "A mapping holds the same key twice. Most programs take the last one silently; here it is an error.",
    example: yaml("version: 1\nclusters:\n  play: { sandbox: {} }\n  play: { sandbox: {} }\n"),
  },
  PF0012: {
    title: "Anchor, alias or merge key that does not work",
    explanation:
      "An alias (`*name`) needs an anchor (`&name`) before it, must not contain itself, and must not blow the " +
      "file up; a merge key (`<<`) takes a mapping or a list of mappings.",
    example: yaml("version: 1\nclusters: { play: *nowhere }\n"),
  },
  PF0013: {
    title: "YAML feature not used here",
    explanation:
      "Tags (`!name`), keys that are not plain text, and nesting deeper than 64 levels have no meaning in this file.",
    example: yaml("version: 1\nclusters: { play: { sandbox: !now {} } }\n"),
  },
} as const satisfies Record<string, CatalogueEntry>;
