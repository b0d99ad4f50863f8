import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { createForwarders } from "../../src/forward/forwarders.ts";
import type { ForwardersWorld } from "../../src/forward/world.ts";
import type { Forwarders } from "../../src/model/forwarders.ts";
import { type Port, port } from "../../src/model/port.ts";
import type { Event, ForwardStatus } from "../../src/model/status.ts";
import type { ForwardSpec } from "../../src/model/workspace.ts";
import { FakeCluster } from "../fakes/cluster.ts";
import { forwardSpec } from "../fakes/specs.ts";
import { freePort } from "./net.ts";
import { until } from "../fakes/until.ts";

/** A forward's spec with short times. */
export function spec(overrides: Partial<ForwardSpec> = {}): ForwardSpec {
  return forwardSpec("web", {
    hold: 3000,
    health: { every: 30_000, timeout: 1000, failures: 3, probe: { kind: "tcp" } },
    backoff: { initial: 20, max: 200 },
    ...overrides,
  });
}

/** Forwarders on real sockets and real time, over a fake cluster; ends when disposed. */
export class Bench implements AsyncDisposable {
  readonly cluster = new FakeCluster();
  readonly forwarders: Forwarders;
  readonly events: Event[] = [];
  readonly leases = new Map<string, Port>();
  readonly signal = new AbortController().signal;

  constructor(overrides: Partial<ForwardersWorld> = {}) {
    const quiet = () => {};
    this.forwarders = createForwarders({
      clock: systemClock(),
      random: () => 0.5,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      clusters: (name) => name === "dev" ? this.cluster : undefined,
      exec: () => Promise.resolve({ code: 0, stderr: "" }),
      whoHolds: () => Promise.resolve(null),
      leases: this.leases,
      ...overrides,
    });
    this.forwarders.subscribe((event) => this.events.push(event));
  }

  /** Starts a forward on a free port and returns that port. */
  async start(overrides: Partial<ForwardSpec> = {}): Promise<number> {
    const local = { kind: "fixed", port: port(await freePort()) } as const;
    const outcome = await this.forwarders.start(spec({ local, ...overrides }), this.signal);
    assert.deepEqual(outcome, { status: "done" });
    return this.localPort(overrides.name);
  }

  localPort(name = "web"): number {
    const address = this.status(name).listen[0];
    assert(address !== undefined);
    return address.port;
  }

  status(name = "web"): ForwardStatus {
    const found = this.forwarders.status().find((one) => one.name === name);
    assert(found !== undefined, `no forward ${name}`);
    return found;
  }

  async reaches(status: ForwardStatus["status"], name = "web"): Promise<ForwardStatus> {
    await until(() => this.status(name).status === status, `${name} is ${status}`);
    return this.status(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.forwarders.close(AbortSignal.abort());
    await this.cluster.close();
    assert.equal(this.cluster.watches, 0, "a watch was left open");
  }
}
