import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";

/** `schema`: the JSON Schema of forwards.yaml, for editors. */
export async function schema(this: CliContext): Promise<void> {
  const { services } = this;
  const console = new Console(services, { json: false });
  const body = async (): Promise<number> => {
    console.out(`${JSON.stringify(await services.schema(), null, 2)}\n`);
    return EXIT.ok;
  };
  this.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
