import type { CarrierKind } from "./carrier.ts";

/** Plain first: every API server has it, and it is the faster one. */
const ORDER: readonly CarrierKind[] = ["spdy", "websocket"];

/** Remembers, for one cluster, which carrier got through. */
export class CarrierChoice {
  #works: CarrierKind | null = null;

  /** The carriers to try, the one that worked last first. */
  get order(): readonly CarrierKind[] {
    const works = this.#works;
    return works === null ? ORDER : [works, ...ORDER.filter((kind) => kind !== works)];
  }

  /** The carrier that worked last; null before the first. */
  get known(): CarrierKind | null {
    return this.#works;
  }

  /** An upgrade to `kind` got through. */
  worked(kind: CarrierKind): void {
    this.#works = kind;
  }

  /** Forgets: the way to the cluster may be another one now (a change of network). */
  forget(): void {
    this.#works = null;
  }
}
