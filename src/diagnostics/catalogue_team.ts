import type { CatalogueEntry } from "./catalogue.ts";

const yaml = (text: string, beside: Readonly<Record<string, string>> = {}) => ({ kind: "yaml", text, beside } as const);

const WEB = "version: 1\nclusters: { play: { sandbox: {} } }\nforwards:\n  web: { service: default/web, port: 80 }\n";

/** Codes for several files that are one workspace. */
export const TEAM_ENTRIES = {
  PF0060: {
    title: "Nothing to take out",
    explanation:
      "A key without a value takes out what a file below has at that place, and there is nothing. It may be misspelt, or the " +
      "other file has lost it meanwhile. This is a warning: the line does nothing.",
    example: yaml(WEB, { "forwards.local.yaml": "forwards:\n  wbe:\n" }),
  },
  PF0062: {
    title: "Extended file cannot be read",
    explanation:
      "`extends` names a file that is not there or cannot be read. It is a path on this machine, relative to the file that " +
      "names it; nothing is fetched from elsewhere.",
    example: yaml("version: 1\nextends: ../team/forwards.yaml\n"),
  },
  PF0063: {
    title: "Files that extend each other",
    explanation:
      "A file extends itself, directly or through others, or more than 16 files extend one another in a row.",
    example: yaml("version: 1\nextends: team.yaml\n", { "team.yaml": "extends: forwards.yaml\n" }),
  },
  PF0064: {
    title: "Not a variable",
    explanation:
      "What stands between `${` and `}` is a name, and what to do where it is not set: `${NAME}`, `${NAME:-default}`, " +
      "`${NAME:?message}`, `${NAME:+instead}`; without the colon an empty value counts as set. A dollar sign that means itself " +
      "is written `$$`. Variables stand in values only, not in keys.",
    example: yaml("version: 1\nclusters: { play: { context: '${1}' } }\n"),
  },
  PF0065: {
    title: "Variable not set",
    explanation:
      "The file needs a variable of the environment that is not set, or empty where that does not do. Its value is that of the " +
      "process that reads the file: for a running `up`, of its start.",
    example: yaml("version: 1\nclusters: { play: { context: '${CONTEXT}' } }\n"),
  },
  PF0066: {
    title: "Template not understood",
    explanation:
      "A forward with `for: [ … ]` is a template: it stands for one forward an item. Its name holds `${item}`, or `${item.KEY}` " +
      "where items are mappings, so that each one has a name of its own.",
    example: yaml(
      "version: 1\nclusters: { play: { sandbox: {} } }\nforwards:\n" +
        "  svc: { for: [web, api], service: 'default/${item}', port: 80 }\n",
    ),
  },
  PF0067: {
    title: "Two forwards of one name",
    explanation: "An item of a template gives a forward the name of another one in the same file.",
    example: yaml(
      "version: 1\nclusters: { play: { sandbox: {} } }\nforwards:\n" +
        "  'svc-${item}': { for: [web, web], service: 'default/${item}', port: 80 }\n",
    ),
  },
  PF0068: {
    title: "Profile names what is not there",
    explanation:
      "An entry of a profile is the name of a forward of this workspace, a pattern with `*`, or `CLUSTER/*` for the forwards of " +
      "one of its clusters.",
    example: yaml(`${WEB}profiles: { front: [wbe] }\n`),
  },
  PF0069: {
    title: "Page or metrics cannot be served",
    explanation:
      "The port that `up` was to serve its web page or its metrics on is in use, or this user may not listen on it. This is a " +
      "warning, and the forwards go on. The page is not served either while OpenTelemetry exports spans: they would carry the token " +
      "that opens it. Free the port, or choose another one: `--dashboard=PORT`, `defaults.dashboard` or " +
      "`--metrics=PORT`; 0, or `true` in the file, stands for any that is free. It is read at the start of `up`.",
    example: { kind: "shell", text: "$ berth up --metrics=9400 --dashboard=9400" },
  },
} as const satisfies Record<string, CatalogueEntry>;
