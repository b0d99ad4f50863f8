import { addressText } from "../view/address_text.ts";
import type { Console } from "./console.ts";
import { EXIT } from "./exit_codes.ts";
import type { CliServices } from "./services.ts";
import { allSettled, notActive, waitFor } from "./wait_active.ts";

/** How long a forward that was started may take to be Active, in milliseconds. */
const ACTIVE_TIMEOUT = 30_000;
/** How long one that is no longer asked for may take to go, in milliseconds. */
const GONE_TIMEOUT = 15_000;

/** What both ways of telling the running `up` need. */
export interface TellOptions {
  readonly services: CliServices;
  readonly console: Console;
  /** Path of the root file. */
  readonly file: string;
  readonly signal: AbortSignal;
}

/**
 * Has the running `up` read the file again, and waits until the forward is Active: prints where it listens. Where nothing
 * runs it says what is needed. Resolves with the exit code.
 */
export async function awaitStarted(name: string, { services, console, file, signal }: TellOptions): Promise<number> {
  const client = await services.connect(file, signal);
  if (client === null) {
    console.say(`Nothing runs yet: '${services.program} up -d' begins to forward it.`);
    return EXIT.ok;
  }
  try {
    const { revision } = await client.status(signal);
    await client.reload(signal);
    const document = await waitFor(client, {
      done: (now) => now.revision > revision && allSettled(now, [name]),
      clock: services.clock,
      timeout: ACTIVE_TIMEOUT,
      signal,
    });
    const forward = document.forwards.find((each) => each.name === name);
    if (forward === undefined || forward.status !== "Active") {
      return console.fail({
        code: "not-active",
        message: notActive(document, [name]).join("; "),
        help: `It stays in the file, and is tried again. Look at it with '${services.program} status ${name}'`,
        exit: EXIT.failed,
      });
    }
    const [first] = forward.listen;
    if (console.json) {
      console.outJson({
        formatVersion: 1,
        name,
        listen: forward.listen.map(({ host, port }) => ({ host, port })),
        status: forward.status,
      });
    } else if (first !== undefined) console.out(`${addressText(first)}\n`);
    return EXIT.ok;
  } finally {
    client.close();
  }
}

/** Has the running `up`, if there is one, read the file again, and waits until these forwards are gone. */
export async function awaitGone(names: readonly string[], { services, file, signal }: TellOptions): Promise<void> {
  const client = await services.connect(file, signal);
  if (client === null) return;
  try {
    await client.reload(signal);
    await waitFor(client, {
      done: ({ forwards }) => !forwards.some(({ name }) => names.includes(name)),
      clock: services.clock,
      timeout: GONE_TIMEOUT,
      signal,
    });
  } finally {
    client.close();
  }
}
