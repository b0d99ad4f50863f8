import { buildCommand, type Command } from "@stricli/core";
import type { DoctorFlags } from "../commands/doctor.ts";
import type { CliContext } from "../context.ts";
import { color, file, page, textOrJson } from "./shared.ts";

/** `doctor`. */
export function doctorRoute(program: string): Command<CliContext> {
  return buildCommand<DoctorFlags, [], CliContext>({
    loader: async () => (await import("../commands/doctor.ts")).doctor,
    parameters: { flags: { file, output: textOrJson, color }, aliases: { f: "file", o: "output" } },
    docs: {
      brief: "Look at all that berth needs, and say what is missing",
      fullDescription: page([
        "Looks at the tools and their versions, the machine, the file, the ports, and each cluster with your rights in it,",
        "all at once. It reads and changes nothing, and does not stop at what is broken.",
        "Exits 1 where something that is needed is broken.",
      ], [
        [`${program} doctor`, "a line each, with what to do"],
        [`${program} doctor -o json`, "the same for tools"],
      ]),
    },
  });
}
