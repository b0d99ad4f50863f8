import type { CatalogueEntry } from "./catalogue.ts";

const yaml = (text: string, beside: Readonly<Record<string, string>>) => ({ kind: "yaml", text, beside } as const);

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
} as const satisfies Record<string, CatalogueEntry>;
