import { buildCommand, type Command } from "@stricli/core";
import type { TopFlags } from "../commands/top.ts";
import type { CliContext } from "../context.ts";
import { color, file, page } from "./shared.ts";

/** `top`. */
export function topRoute(program: string): Command<CliContext> {
  return buildCommand<TopFlags, [], CliContext>({
    loader: async () => (await import("../commands/top.ts")).top,
    parameters: { flags: { file, color }, aliases: { f: "file" } },
    docs: {
      brief: "Watch and steer a running up, on a screen of its own",
      fullDescription: page([
        "Shows the screen of up for one that runs already, in this terminal. The keys do the same, but for q: it closes",
        "the screen, and the forwards go on.",
      ], [
        [`${program} top`, "the one of the nearest forwards.yaml"],
      ]),
    },
  });
}
