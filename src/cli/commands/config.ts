import { profileFilter } from "../../model/profiles.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownProfiles } from "../names.ts";

/** The flags of `config`. */
export interface ConfigFlags {
  readonly file?: string;
  readonly profile?: readonly string[];
  readonly output: "yaml" | "json";
  readonly showOrigin?: boolean;
  readonly showValues?: boolean;
  readonly color: ColorChoice;
}

/** `config`: prints what all files come to, merged. */
export async function config(this: CliContext, flags: ConfigFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (): Promise<number> => {
    const good = await console.diagnose(await services.load(flags.file));
    if (good === null || !good.tree) return EXIT.badFile;
    const { workspace, tree } = good;
    const { profile: profiles = [] } = flags;
    const noProfile = unknownProfiles(profiles, { workspace, file: good.shown });
    if (noProfile !== null) return console.fail(noProfile);
    const members = new Set(workspace.forwards.filter(profileFilter(workspace, profiles)).map(({ name }) => name));
    const { mergedData, mergedYaml, originsOf } = await import("../../config/show.ts");
    const options = {
      values: flags.showValues === true,
      forward: profiles.length === 0 ? undefined : (name: string) => members.has(name),
    };
    if (console.json) {
      const origins = flags.showOrigin === true
        ? {
          origins: originsOf(tree, options).map(({ path, where, variables }) => ({
            path,
            file: where.file,
            line: where.line,
            column: where.column,
            variables,
          })),
        }
        : {};
      console.outJson({ formatVersion: 1, config: mergedData(tree, options), ...origins });
    } else {
      const origin = flags.showOrigin === true
        ? ({ file, line }: { readonly file: string; readonly line: number }) => `${good.show(file)}:${line}`
        : undefined;
      console.out(mergedYaml(tree, { ...options, origin }));
    }
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
