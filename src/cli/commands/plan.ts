import { isMissingTool } from "../../model/k3d.ts";
import { planJson } from "../../model/plan_json.ts";
import { planText } from "../../view/plan_text.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { cannotWrite, Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { unknownProfiles } from "../names.ts";

/** The flags of `plan`. */
export interface PlanFlags {
  readonly file?: string;
  readonly profile?: readonly string[];
  readonly output: "text" | "json";
  readonly detailedExitcode?: boolean;
  readonly takeover?: boolean;
  /** A file that gets the plan for tools, whatever is printed. */
  readonly out?: string;
  readonly color: ColorChoice;
}

/** `plan`: shows what `up` would do, and does nothing. */
export async function plan(this: CliContext, flags: PlanFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (signal: AbortSignal): Promise<number> => {
    const valid = await console.diagnose(await services.load(flags.file));
    if (valid === null) return EXIT.badFile;
    const { profile: profiles = [] } = flags;
    const good = { ...valid, profiles, takeOver: flags.takeover === true };
    const noProfile = unknownProfiles(profiles, { workspace: good.workspace, file: good.shown });
    if (noProfile !== null) return console.fail(noProfile);
    const made = await services.plan(good, signal);
    signal.throwIfAborted();
    if (console.json) console.outJson(planJson(made));
    else console.out(planText(made, { theme: console.theme("stdout"), file: good.shown }));
    if (flags.out !== undefined) {
      const written = await services.texts.write(flags.out, `${JSON.stringify(planJson(made))}\n`, { replace: true });
      if (written.kind === "failed") return console.fail(cannotWrite(written.message));
    }
    if (made.actions.some((action) => isMissingTool(action.detail["reason"]))) return EXIT.unavailable;
    if (made.summary.blocked > 0) return EXIT.failed;
    return flags.detailedExitcode === true && made.actions.length > 0 ? EXIT.changes : EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
