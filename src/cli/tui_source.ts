import type { ControlClient } from "../control/client.ts";
import { ControlError } from "../control/control_error.ts";
import type { Daemon } from "../control/daemon_api.ts";
import type { Where } from "../model/source.ts";
import type { TuiSource } from "../tui/source.ts";
import type { CliServices } from "./services.ts";

interface FileOf {
  readonly services: CliServices;
  /** As given on the command line. */
  readonly file: string | undefined;
}

/** The running berth of this process, for a screen. */
export function daemonSource(daemon: Daemon, of: FileOf): TuiSource {
  const never = new AbortController().signal;
  return {
    status: () => Promise.resolve(daemon.status()),
    subscribe: ({ onEvent }) => daemon.subscribe(onEvent),
    details: (name) => Promise.resolve(daemon.details(name)),
    plan: () => daemon.plan(never),
    approve: (keys) => {
      daemon.approve(keys);
      return Promise.resolve();
    },
    control: (name, verb) => daemon.control(name, verb),
    where: (name) => whereIs(name, of),
  };
}

/** A berth that runs in another process, for a screen. Until the signal comes. */
export function clientSource(
  client: ControlClient,
  { signal, ...of }: FileOf & { readonly signal: AbortSignal },
): TuiSource {
  return {
    status: () => client.status(signal),
    subscribe({ onEvent, onEnd }): () => void {
      const stop = new AbortController();
      void (async () => {
        try {
          for await (const message of client.events(AbortSignal.any([signal, stop.signal]))) {
            if (message.kind === "event") onEvent(message.event);
          }
        } catch (error) {
          if (!stop.signal.aborted && !signal.aborted && !(error instanceof ControlError)) throw error;
        }
        if (!stop.signal.aborted) onEnd();
      })();
      return () => stop.abort();
    },
    details: (name) => client.details(name, signal),
    plan: () => client.plan(signal),
    approve: (keys) => client.approve(keys, signal),
    control: (name, verb) => client.control(name, verb, signal),
    where: (name) => whereIs(name, of),
  };
}

/** The file as it is now says where a forward stands. */
async function whereIs(name: string, { services, file }: FileOf): Promise<Where | null> {
  const { workspace } = await services.load(file);
  return workspace?.forwards.find((forward) => forward.name === name)?.where ?? null;
}
