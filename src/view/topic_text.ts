import { wrap } from "./text.ts";
import type { Theme } from "./theme.ts";

/** A key of forwards.yaml, in words. */
export interface Topic {
  /** Without names: `forwards.local`. */
  readonly path: string;
  /** What may be written: `auto, direct, tunnel`. */
  readonly values: string;
  readonly meaning: string;
  /** As they are written. */
  readonly examples: readonly string[];
  /** The keys in it, where it is a mapping. */
  readonly keys: readonly { readonly key: string; readonly values: string; readonly meaning: string }[];
}

/** A page about a key, without Markdown marks. */
export function topicText(
  { path, values, meaning, examples, keys }: Topic,
  { theme, width }: { readonly theme: Theme; readonly width: number | null },
): string {
  const room = Math.min(width ?? 100, 100);
  const widest = Math.max(0, ...keys.map(({ key }) => key.length));
  const indent = " ".repeat(widest + 4);
  return [
    `${theme.paint("strong", path)}  ${theme.paint("dim", values)}`,
    "",
    ...wrap(plain(meaning), room),
    ...(examples.length === 0 ? [] : ["", `For example: ${examples.join(", ")}`]),
    ...(keys.length === 0 ? [] : ["", "KEYS"]),
    ...keys.flatMap(({ key, values, meaning }) => {
      const lines = wrap(`${plain(meaning)} (${values})`, Math.max(30, room - indent.length));
      return lines.map((line, index) => `${index === 0 ? `  ${key.padEnd(widest)}  ` : indent}${line}`);
    }),
    "",
  ].join("\n");
}

function plain(markdown: string): string {
  return markdown.replaceAll("`", "");
}
