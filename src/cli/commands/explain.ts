import { nearest } from "../../model/nearest.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";

/** `explain`: what a code of a diagnostic means, its smallest example, and what to do. */
export async function explain(this: CliContext, _flags: Record<never, never>, word: string): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const body = async (): Promise<number> => {
    const [{ allCodes, findEntry }, { entryText }] = await Promise.all([
      import("../../diagnostics/catalogue.ts"),
      import("../../view/entry_text.ts"),
    ]);
    const found = findEntry(word);
    if (found === undefined) {
      const near = nearest(word.toUpperCase(), allCodes());
      return console.fail({
        code: "unknown-code",
        message: `No code '${word}'`,
        help: near === undefined
          ? `Codes are those of problems in forwards.yaml, such as PF0012: '${services.program} validate' shows them`
          : `Did you mean ${near}?`,
        exit: EXIT.usage,
      });
    }
    console.out(entryText(found, { theme: console.theme("stdout"), width: console.width("stdout") }));
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
