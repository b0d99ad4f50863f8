import { key } from "../model/key.ts";
import type { ClusterStatus, Event } from "../model/status.ts";

/** What is news of the clusters: that one answers or does not, and why; each once until it is something else. */
export class ClusterNews {
  readonly #told = new Map<string, string>();

  /** What is to be told of the clusters as they are now. */
  of(clusters: readonly ClusterStatus[]): readonly Omit<Event, "time">[] {
    return clusters.flatMap(({ name, reachable, reason, message, version }) => {
      if (reachable === null) return [];
      const words = reachable ? version ?? "version unknown" : message ?? "not reachable";
      if (this.#told.get(name) === words) return [];
      this.#told.set(name, words);
      const status = reachable ? "Reachable" : "Unreachable";
      return [{ type: "cluster", key: key("cluster", name), status, reason, message: words }];
    });
  }
}
