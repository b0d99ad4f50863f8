import { profileFilter } from "../../model/profiles.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownProfiles } from "../names.ts";

/** The flags of `validate`. */
export interface ValidateFlags {
  readonly file?: string;
  readonly profile?: readonly string[];
  readonly output: "text" | "json";
  readonly quiet?: boolean;
  readonly color: ColorChoice;
}

/** `validate`: checks the file alone; talks to no cluster. */
export async function validate(this: CliContext, flags: ValidateFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (): Promise<number> => {
    const loaded = await services.load(flags.file);
    const { workspace } = loaded;
    const { profile: profiles = [] } = flags;
    const noProfile = workspace === null ? null : unknownProfiles(profiles, { workspace, file: loaded.shown });
    if (noProfile !== null) return console.fail(noProfile);
    if (console.json) {
      // Here the diagnostics are the data.
      const { diagnosticToJson } = await import("../../diagnostics/to_json.ts");
      console.outJson({
        formatVersion: 1,
        file: loaded.file,
        valid: workspace !== null,
        diagnostics: loaded.diagnostics.map(diagnosticToJson),
      });
    } else {
      await console.diagnose(loaded);
      if (workspace !== null && flags.quiet !== true) {
        console.out(`${loaded.shown} is valid: ${counts(workspace, profiles)}.\n`);
      }
    }
    return workspace === null ? EXIT.badFile : EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}

function counts(workspace: Workspace, profiles: readonly string[]): string {
  if (profiles.length === 0) {
    return `${count(workspace.forwards.length, "forward")}, ${count(workspace.clusters.size, "cluster")}`;
  }
  const forwards = workspace.forwards.filter(profileFilter(workspace, profiles));
  const clusters = new Set(forwards.map(({ cluster }) => cluster));
  const names = `profile${profiles.length === 1 ? "" : "s"} ${profiles.join(", ")}`;
  return `${names} with ${count(forwards.length, "forward")}, ${count(clusters.size, "cluster")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
