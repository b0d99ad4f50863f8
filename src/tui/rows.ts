import type { ForwardStatus } from "../model/status.ts";
import type { StatusDocument } from "../model/status_document.ts";
import { addressText, listenText } from "../view/address_text.ts";
import { isProblem } from "../view/info_text.ts";
import type { TuiState } from "./model.ts";

/** Forwards that stand together: those of one cluster; with `cluster` null those of all. */
export interface Group {
  readonly cluster: string | null;
  readonly forwards: readonly ForwardStatus[];
}

type Selection = Pick<TuiState, "document" | "filter" | "problemsFirst">;

/** What the table shows, from top to bottom: grouped by cluster in the order of the file, or problems first and in no groups. */
export function groupsOf({ document, filter, problemsFirst }: Selection): readonly Group[] {
  if (document === null) return [];
  const words = filter.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const forwards = words.length === 0 ? document.forwards : document.forwards.filter((one) => matches(one, words));
  if (forwards.length === 0) return [];
  if (problemsFirst) {
    const order = (one: ForwardStatus) => isProblem(one) ? 0 : one.status === "Stopped" ? 2 : 1;
    return [{ cluster: null, forwards: [...forwards].sort((a, b) => order(a) - order(b)) }];
  }
  const names = clusterNames(document, forwards);
  const byName = Map.groupBy(forwards, ({ cluster }) => cluster);
  return names.flatMap((cluster) => {
    const own = byName.get(cluster);
    return own === undefined ? [] : [{ cluster, forwards: own }];
  });
}

/** The forwards of the table in the order of `groupsOf`. */
export function visibleForwards(state: Selection): readonly ForwardStatus[] {
  return groupsOf(state).flatMap(({ forwards }) => forwards);
}

/** The forward that the cursor is at: the selected one, or the first there is. */
export function selectedForward(state: Selection & Pick<TuiState, "selected">): ForwardStatus | null {
  const all = visibleForwards(state);
  return all.find(({ name }) => name === state.selected) ?? all[0] ?? null;
}

/** Whether every word, in lower case, is in what the row says, in whatever case. */
function matches(forward: ForwardStatus, words: readonly string[]): boolean {
  const { name, cluster, target, targetPort, status, reason, route } = forward;
  const text = [
    name,
    cluster,
    `${target}:${targetPort}`,
    status,
    reason ?? "",
    route ?? "",
    listenText(forward.listen.map(addressText)),
  ].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function clusterNames(document: StatusDocument, forwards: readonly ForwardStatus[]): readonly string[] {
  const used = new Set(forwards.map(({ cluster }) => cluster));
  const known = document.clusters.map(({ name }) => name).filter((name) => used.delete(name));
  return [...known, ...used];
}
