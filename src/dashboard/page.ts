import { HTTP, HTTPS } from "../view/forward_text.ts";
import { REASON_TEXTS } from "../view/info_text.ts";
import { makeTheme } from "../view/theme.ts";

/** One file of the page as it is sent. */
export interface PageFile {
  readonly text: string;
  readonly type: string;
}

const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
};

const SCRIPTS = ["page.js", "table.js", "views.js", "parts.js", "text.js"];

/** The files of the page by path. The words that all faces share are put in from `view/`, so that the page has none of its own. */
export async function loadPage(token: string): Promise<ReadonlyMap<string, PageFile>> {
  const { state, op } = makeTheme({ color: false, ascii: false });
  const words = JSON.stringify({ reasons: REASON_TEXTS, state, op, http: HTTP.source, https: HTTPS.source }).replaceAll(
    "<",
    "\\u003c",
  );
  const read = async (name: string, type: string): Promise<[string, PageFile]> => {
    const text = await Deno.readTextFile(new URL(`./page/${name}`, import.meta.url));
    const filled = text.replaceAll("__TOKEN__", token).replace('"__WORDS__"', words);
    return [`/${name === "index.html" ? "" : name}`, { text: filled, type }];
  };
  return new Map([
    ...await Promise.all([
      read("index.html", TYPES.html),
      read("page.css", TYPES.css),
      ...SCRIPTS.map((name) => read(name, TYPES.js)),
    ]),
  ]);
}
