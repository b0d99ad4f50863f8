import type { Key } from "../model/key.ts";
import type { Action, Plan, PlanSummary } from "../model/plan.ts";
import type { BoundAction } from "./bound_kind.ts";

/**
 * The actions in the order of the plan: each after all it depends on, and of those that could come next always the one with the
 * smallest key (by code units). Independent of the input's order.
 *
 * A dependency on a key that has no action is satisfied: that thing is as it should be. Two actions with one key, or a circle of
 * dependencies, are bugs of the kinds: throws, with the keys concerned as `cause`.
 */
export function orderActions<T extends { readonly action: Action }>(bound: readonly T[]): readonly T[] {
  const byKey = new Map<Key, T>();
  for (const one of bound) {
    if (byKey.has(one.action.key)) {
      throw new Error(`Two actions have the key ${one.action.key}`, { cause: [one.action.key] });
    }
    byKey.set(one.action.key, one);
  }
  const waitsFor = new Map<Key, number>();
  const unblocks = new Map<Key, Key[]>();
  const free: Key[] = [];
  for (const [key, { action }] of byKey) {
    if (action.dependsOn.length === 0) {
      free.push(key);
      continue;
    }
    const before = new Set(action.dependsOn.filter((other) => byKey.has(other)));
    waitsFor.set(key, before.size);
    if (before.size === 0) free.push(key);
    for (const other of before) {
      const known = unblocks.get(other);
      if (known === undefined) unblocks.set(other, [key]);
      else known.push(key);
    }
  }
  const ready = new KeyQueue(free.sort());
  const ordered: T[] = [];
  for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
    const one = byKey.get(next);
    if (one !== undefined) ordered.push(one);
    for (const other of unblocks.get(next) ?? []) {
      const left = (waitsFor.get(other) ?? 1) - 1;
      waitsFor.set(other, left);
      if (left === 0) ready.push(other);
    }
  }
  if (ordered.length < byKey.size) {
    const circle = findCircle(byKey, new Set(ordered.map((one) => one.action.key)));
    throw new Error(`Actions wait for each other: ${circle.join(" -> ")}`, { cause: circle });
  }
  return ordered;
}

/** The plan, as data, of actions that are in its order already. What they wait for and what has no action, being there already, is left out. */
export function planOf(ordered: readonly BoundAction[]): Plan {
  const keys = new Set(ordered.map((bound) => bound.action.key));
  const actions = ordered.map(({ action }) => {
    const dependsOn = action.dependsOn.filter((key) => keys.has(key));
    return dependsOn.length === action.dependsOn.length ? action : { ...action, dependsOn };
  });
  return { actions, summary: summarise(actions) };
}

/** How many actions there are of each op. */
function summarise(actions: readonly Action[]): PlanSummary {
  const count = { create: 0, change: 0, delete: 0, replace: 0, blocked: 0 };
  for (const { op } of actions) count[op]++;
  return count;
}

/** One circle among the actions that could not be placed, its first key repeated at the end. Every one of them waits for another of them. */
function findCircle(byKey: ReadonlyMap<Key, { readonly action: Action }>, placed: ReadonlySet<Key>): readonly Key[] {
  const left = [...byKey.keys()].filter((key) => !placed.has(key)).sort();
  const path: Key[] = [];
  for (let at = left[0]; at !== undefined;) {
    const seen = path.indexOf(at);
    if (seen >= 0) return [...path.slice(seen), at];
    path.push(at);
    at = byKey.get(at)?.action.dependsOn.find((other) => byKey.has(other) && !placed.has(other));
  }
  return path;
}

/** Keys, smallest out first: those that are there from the start, which are most and are in order, and a heap of the others. */
class KeyQueue {
  readonly #first: readonly Key[];
  #at = 0;
  readonly #keys: Key[] = [];

  constructor(first: readonly Key[]) {
    this.#first = first;
  }

  push(key: Key): void {
    const keys = this.#keys;
    let at = keys.length;
    keys.push(key);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = keys[up];
      if (parent === undefined || parent <= key) break;
      keys[at] = parent;
      at = up;
    }
    keys[at] = key;
  }

  pop(): Key | undefined {
    const first = this.#first[this.#at];
    const other = this.#keys[0];
    if (first === undefined || (other !== undefined && other < first)) return this.#smallest();
    this.#at++;
    return first;
  }

  #smallest(): Key | undefined {
    const keys = this.#keys;
    const top = keys[0];
    const last = keys.pop();
    if (top === undefined || last === undefined || keys.length === 0) return top;
    let at = 0;
    while (true) {
      const left = 2 * at + 1;
      const [a, b] = [keys[left], keys[left + 1]];
      if (a === undefined) break;
      const [down, child] = b !== undefined && b < a ? [left + 1, b] : [left, a];
      if (last <= child) break;
      keys[at] = child;
      at = down;
    }
    keys[at] = last;
    return top;
  }
}
