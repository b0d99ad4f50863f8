import type { RunningForward } from "../../model/forwarders.ts";
import { asPort } from "../../model/port.ts";
import { describeSpecChanges } from "../../model/spec_diff.ts";
import type { SocketAddress } from "../../model/status.ts";
import type { ForwardSpec } from "../../model/workspace.ts";
import type { ForwardPreview, ForwardWorld, PortHolder } from "./world.ts";

/** A forward that runs, or one that is asked for and does not run as asked. */
export type ObservedForward =
  | { readonly kind: "running"; readonly running: RunningForward }
  | { readonly kind: "absent"; readonly name: string; readonly facts: ForwardFacts };

/** A port that somebody else has. */
export interface HeldPort {
  readonly address: SocketAddress;
  readonly by: PortHolder;
  /** Whether the forward takes it over from there. */
  readonly taken: boolean;
}

/** What is known of a forward that an action is about. */
export interface ForwardFacts {
  readonly listen: readonly SocketAddress[];
  readonly preview: ForwardPreview | null;
  /** Who holds one of `listen` and is not a forward of this workspace. */
  readonly holder: HeldPort | null;
}

/** Reads what runs, and of what is asked for and does not run so: where it would listen, whether that is free, and its route. */
export async function observeForwards(
  desired: readonly ForwardSpec[],
  { world, signal }: { readonly world: ForwardWorld; readonly signal: AbortSignal },
): Promise<readonly ObservedForward[]> {
  const running = await world.view.list(signal);
  const byName = new Map(running.map((one) => [one.spec.name, one]));
  const ours = running.flatMap(({ spec, listen }) =>
    listen.map((address) => ({ ...address, protocol: spec.protocol }))
  );
  const absent = desired.filter((spec) => {
    const now = byName.get(spec.name);
    return now === undefined || now.listen.length === 0 || describeSpecChanges(now.spec, spec).length > 0;
  });
  const facts = await Promise.all(absent.map(async (spec): Promise<ObservedForward> => {
    const listen = addresses(spec, world.localPort(spec));
    // A forward that may take another port is not stopped by who holds this one.
    const insists = spec.local.kind === "fixed" && spec.onConflict !== "next-free";
    const foreign = insists
      ? listen.filter((address) => !ours.some((mine) => mine.protocol === spec.protocol && same(mine, address)))
      : [];
    const [preview, holder] = await Promise.all([
      world.preview?.(spec, signal) ?? null,
      findHolder(foreign, { world, spec }),
    ]);
    return { kind: "absent", name: spec.name, facts: { listen, preview, holder } };
  }));
  return [...running.map((one): ObservedForward => ({ kind: "running", running: one })), ...facts];
}

async function findHolder(
  listen: readonly SocketAddress[],
  { world, spec }: { readonly world: ForwardWorld; readonly spec: ForwardSpec },
): Promise<HeldPort | null> {
  const mayTake = spec.onConflict === "take-over" || world.takeOver === true;
  for (const address of listen) {
    const by = await world.holder?.(address, spec.protocol) ?? null;
    if (by !== null) return { address, by, taken: mayTake && by.yields === true };
  }
  return null;
}

function addresses(spec: ForwardSpec, local: number | null): readonly SocketAddress[] {
  const port = local === null ? undefined : asPort(local);
  return port === undefined ? [] : spec.bind.map((host) => ({ host, port }));
}

function same(a: SocketAddress, b: SocketAddress): boolean {
  return a.host === b.host && a.port === b.port;
}
