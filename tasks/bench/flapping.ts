import type { Daemon } from "../../src/control/daemon_api.ts";
import { planOf } from "../../src/engine/plan.ts";
import { systemClock } from "../../src/host/clock.ts";
import { port } from "../../src/model/port.ts";
import type { Event, ForwardStatus } from "../../src/model/status.ts";
import type { StatusDocument } from "../../src/model/status_document.ts";
import type { Clock } from "../../src/model/world.ts";

/** Every forward changes its state this often. Milliseconds. */
export const FLAP_EVERY = 1_000;
/** Between two batches of changes. Milliseconds. */
const BATCH_EVERY = 10;

/** So many forwards, Active at first, whose records change and whose events are told as those of a real berth are. */
export class Flapping {
  readonly forwards: ForwardStatus[];
  readonly #clock: Clock;
  readonly #startedAt: string;
  readonly #listeners = new Set<(event: Event) => void>();

  constructor(count: number, clock: Clock = systemClock()) {
    this.#clock = clock;
    this.#startedAt = new Date(clock.now()).toISOString();
    this.forwards = forwardsOf(count, this.#startedAt);
  }

  status(): StatusDocument {
    return {
      formatVersion: 1,
      workspace: "/bench/forwards.yaml",
      pid: 1,
      startedAt: this.#startedAt,
      revision: 1,
      diagnostics: [],
      clusters: [],
      forwards: [...this.forwards],
    };
  }

  subscribe(listener: (event: Event) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A berth with these forwards, in which nothing else happens. */
  daemon(): Daemon {
    return {
      status: () => this.status(),
      subscribe: (listener) => this.subscribe(listener),
      runningSpecs: () => [],
      plan: () => Promise.resolve(planOf([])),
      approve: () => {},
      control: () => Promise.resolve({ status: "done" }),
      details: (name) => {
        const status = this.forwards.find((one) => one.name === name);
        if (status === undefined) return null;
        return { formatVersion: 1, status, backends: [], probes: [], throughput: [], events: [] };
      },
      history: () => Promise.resolve([]),
      dashboard: () => null,
      down: () => {},
      handOver: () => {},
      reload: () => {},
      servicePorts: () => Promise.resolve([]),
    };
  }

  /** The forward at this place goes from Active to Reconnecting, or back. */
  flip(at: number): ForwardStatus["status"] | null {
    const old = this.forwards[at];
    if (old === undefined) return null;
    const now = this.#clock.now();
    const bad = old.status === "Active";
    const message = bad ? `pod default/${old.name}-0 refuses connections` : null;
    const status = bad ? "Reconnecting" : "Active";
    const reason = bad ? "backend-refused" : null;
    this.forwards[at] = {
      ...old,
      status,
      reason,
      message,
      nextRetry: bad ? new Date(now + 3_000).toISOString() : null,
      attempt: bad ? old.attempt + 1 : 0,
    };
    const event: Event = {
      time: new Date(now).toISOString(),
      type: "status",
      key: `forward:${old.name}`,
      status,
      reason,
      message: message ?? "",
    };
    for (const listener of this.#listeners) listener(event);
    return status;
  }

  /** Has each forward change once in `FLAP_EVERY`, some at a time, until the returned function is called. `onFlip` hears of each. */
  run(onFlip: (at: number, status: ForwardStatus["status"]) => void = () => {}): () => void {
    const clock = this.#clock;
    const count = this.forwards.length;
    const begun = clock.monotonic();
    let done = 0;
    let cancel = (): void => {};
    const some = (): void => {
      // By the time that has passed, so that a busy machine makes the batches larger and not fewer.
      const due = Math.floor((clock.monotonic() - begun) / FLAP_EVERY * count);
      for (; done < due; done++) {
        const status = this.flip(done % count);
        if (status !== null) onFlip(done % count, status);
      }
      cancel = clock.after(BATCH_EVERY, some);
    };
    some();
    return () => cancel();
  }
}

function forwardsOf(count: number, now: string): ForwardStatus[] {
  return Array.from({ length: count }, (_, at): ForwardStatus => ({
    name: `service-${at}`,
    cluster: at % 3 === 0 ? "dev" : "staging",
    target: `service default/service-${at}`,
    targetPort: "http",
    protocol: "tcp",
    listen: [{ host: "127.0.0.1", port: port(20_000 + at) }, { host: "::1", port: port(20_000 + at) }],
    status: "Active",
    reason: null,
    message: null,
    route: "tunnel",
    routeReason: "no NodePort",
    backend: `pod default/service-${at}-0`,
    lastCheck: now,
    nextRetry: null,
    attempt: 0,
    reconnects: 0,
    since: now,
    connections: { open: 0, total: 0, failed: 0, causes: {} },
    bytes: { in: 0, out: 0 },
  }));
}
