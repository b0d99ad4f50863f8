import type { ExpansionNote } from "../control/expansion_parts.ts";
import { type Key, key } from "../model/key.ts";
import type { Event } from "../model/status.ts";

/** Where parts of the world say what they see or do: the daemon's `tell`. */
export type Tell = (event: Omit<Event, "time"> & { readonly key: Key | null }) => void;

/** An event about one cluster. */
export function clusterEvent(type: string, cluster: string, message: string): Parameters<Tell>[0] {
  return { type, key: key("cluster", cluster), status: null, reason: null, message };
}

/** What is worth knowing of the clusters, each thing said once while it holds. */
export class Notes {
  readonly #tell: (cluster: string, message: string) => void;
  #said = new Set<string>();

  constructor(tell: (cluster: string, message: string) => void) {
    this.#tell = tell;
  }

  /** All that holds now: what is new is told, what is gone is news when it comes back. */
  say(notes: readonly ExpansionNote[]): void {
    const now = new Set<string>();
    for (const { cluster, message } of notes) {
      const text = `${cluster} ${message}`;
      if (!now.has(text) && !this.#said.has(text)) this.#tell(cluster, message);
      now.add(text);
    }
    this.#said = now;
  }
}
