import { doctorJson, doctorText } from "../../view/doctor_text.ts";
import type { ColorChoice } from "../../view/theme.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";

/** The flags of `doctor`. */
export interface DoctorFlags {
  readonly file?: string;
  readonly output: "text" | "json";
  readonly color: ColorChoice;
}

/** `doctor`: looks at all that berth needs, and says what is missing. */
export async function doctor(this: CliContext, flags: DoctorFlags): Promise<void> {
  const { services } = this;
  const console = new Console(services, { color: flags.color, json: flags.output === "json" });
  const body = async (signal: AbortSignal): Promise<number> => {
    const findings = await services.examine(flags.file, signal);
    if (console.json) console.outJson(doctorJson(findings));
    else console.out(doctorText(findings, { theme: console.theme("stdout"), width: console.width("stdout") }));
    return findings.some(({ level }) => level === "broken") ? EXIT.failed : EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
