import type { CatalogueEntry } from "../diagnostics/catalogue.ts";
import { wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

/** One kind of problem as a page: its title, what it means and how to get rid of it, and the smallest thing that shows it. */
export function entryText(
  { code, entry }: { readonly code: string; readonly entry: CatalogueEntry },
  { theme, width }: { readonly theme: Theme; readonly width: number | null },
): string {
  const { title, explanation, example } = entry;
  return [
    theme.paint("strong", `${code}: ${title}`),
    "",
    ...wrap(explanation, Math.min(width ?? 100, 100)),
    "",
    example.kind === "yaml" ? "A file that shows it:" : "How it comes about:",
    ...example.text.trimEnd().split("\n").map((line) => `  ${line}`),
    "",
  ].join("\n");
}
