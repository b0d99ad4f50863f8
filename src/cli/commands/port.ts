import { addressOf, type ForwardAddress } from "../../view/forward_env.ts";
import { Console } from "../console.ts";
import type { CliContext } from "../context.ts";
import { EXIT } from "../exit_codes.ts";
import { guarded } from "../failures.ts";
import { withForwards } from "../running.ts";

/** The flags of `port` and `open`. */
export interface AddressFlags {
  readonly file?: string;
}

/** `port NAME`: the number of the local port, alone. */
export async function port(this: CliContext, flags: AddressFlags, name: string): Promise<void> {
  await withAddress(this, {
    flags,
    name,
    use: (console, address) => Promise.resolve(console.out(`${address.port}\n`)),
  });
}

/** `open NAME`: shows the forward in the browser, or prints its address where there is none. */
export async function open(this: CliContext, flags: AddressFlags, name: string): Promise<void> {
  const use = async (console: Console, { url }: ForwardAddress, signal: AbortSignal): Promise<void> => {
    if (await this.services.openUrl(url, signal)) console.say(`Opened ${url}`);
    else {
      console.say("No browser can be opened here.");
      console.out(`${url}\n`);
    }
  };
  await withAddress(this, { flags, name, use });
}

async function withAddress(
  context: CliContext,
  { flags, name, use }: {
    readonly flags: AddressFlags;
    readonly name: string;
    readonly use: (console: Console, address: ForwardAddress, signal: AbortSignal) => Promise<void>;
  },
): Promise<void> {
  const { services } = context;
  const console = new Console(services, { json: false });
  const body = (signal: AbortSignal): Promise<number> =>
    withForwards(services, {
      file: flags.file,
      names: [name],
      signal,
      fail: (failure) => console.fail(failure),
      use: async (_client, { forwards }) => {
        const forward = forwards.find((each) => each.name === name);
        const address = forward === undefined ? null : addressOf(forward);
        if (address === null) {
          return console.fail({
            code: "not-listening",
            message: `${name} listens nowhere: ${forward?.message ?? forward?.status ?? "it is not there"}`,
            exit: EXIT.failed,
          });
        }
        await use(console, address, signal);
        return EXIT.ok;
      },
    });
  context.exit(await guarded(services, { body, fail: (failure) => console.fail(failure) }));
}
