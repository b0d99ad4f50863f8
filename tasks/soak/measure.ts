/** What the process of the forwards holds at one moment. Memory in bytes. */
export interface Measure {
  readonly rss: number;
  readonly heapUsed: number;
  /** Buffers outside the heap. */
  readonly external: number;
  readonly timers: number;
  readonly forwards: readonly {
    readonly name: string;
    readonly status: string;
    readonly open: number;
    readonly total: number;
    readonly failed: number;
  }[];
}

/** The same with what its parent sees. */
export interface Held extends Omit<Measure, "forwards"> {
  readonly sockets: number;
  /** Connections that are open. */
  readonly open: number;
}

/** A figure after so many connections. */
export interface Sample {
  readonly connections: number;
  readonly value: number;
}

/** Bytes a connection: the slope of the straight line through the samples, by least squares. */
export function slope(samples: readonly Sample[]): number {
  const mean = (pick: (sample: Sample) => number) => samples.reduce((sum, one) => sum + pick(one), 0) / samples.length;
  const x = mean(({ connections }) => connections);
  const y = mean(({ value }) => value);
  let above = 0;
  let below = 0;
  for (const { connections, value } of samples) {
    above += (connections - x) * (value - y);
    below += (connections - x) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
