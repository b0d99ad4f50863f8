import { AccessError } from "../../src/model/cluster_access.ts";
import type { PlannedAction, ResourceKind } from "../../src/engine/resource_kind.ts";
import { key } from "../../src/model/key.ts";
import type { Outcome } from "../../src/model/plan.ts";
import type { Clock } from "../../src/model/world.ts";

/** One thing that is asked for: it exists in the world with this value. */
export interface Toy {
  readonly name: string;
  readonly value: number;
  /** Names of toys that must be made first. */
  readonly after: readonly string[];
}

/** What goes wrong, in the order of the calls; when it is used up, everything works. */
export interface Faults {
  readonly observe: readonly boolean[];
  readonly apply: readonly ("ok" | "fail" | "fail-for-good" | "throw" | "half")[];
}

interface ToyInput {
  readonly name: string;
  readonly value: number | null;
}

/** A world of values in memory, where looking and doing take time and fail as told. */
export class ToyWorld {
  readonly things = new Map<string, number>();
  /** Actions under way now. */
  running = 0;
  applied = 0;
  readonly #observeFaults: boolean[];
  readonly #applyFaults: Faults["apply"][number][];

  constructor(readonly clock: Clock, faults: Faults) {
    this.#observeFaults = [...faults.observe];
    this.#applyFaults = [...faults.apply];
  }

  /** From now on everything works. */
  calm(): void {
    this.#observeFaults.length = 0;
    this.#applyFaults.length = 0;
  }

  async look(signal: AbortSignal): Promise<readonly Toy[]> {
    await this.clock.sleep(5, signal);
    if (this.#observeFaults.shift() === true) throw new AccessError("cluster-unreachable", "the toy box is shut");
    return [...this.things].map(([name, value]) => ({ name, value, after: [] }));
  }

  async put({ name, value }: ToyInput, signal: AbortSignal): Promise<Outcome> {
    this.running++;
    this.applied++;
    try {
      await this.clock.sleep(10, signal);
      const fault = this.#applyFaults.shift() ?? "ok";
      if (fault === "fail") return { status: "failed", reason: "stuck", message: `${name} is stuck`, retry: true };
      if (fault === "fail-for-good") {
        return { status: "failed", reason: "broken", message: `${name} is broken`, retry: false };
      }
      if (fault === "throw") throw new TypeError("a bug in the toy");
      if (value === null) this.things.delete(name);
      else this.things.set(name, fault === "half" ? value - 1 : value);
      if (fault === "half") return { status: "failed", reason: "half", message: `${name} is half done`, retry: true };
      return { status: "done" };
    } finally {
      this.running--;
    }
  }
}

/** The kind `toy`: `desired` stands in for what the file asks for. */
export function toyKind(desired: () => readonly Toy[]): ResourceKind<ToyWorld, Toy, Toy, ToyInput> {
  return {
    name: "toy",
    desired,
    observe: (_, world, signal) => world.look(signal),
    diff: (wanted, there) => {
      const values = new Map(there.map(({ name, value }) => [name, value]));
      const names = new Set(wanted.map((toy) => toy.name));
      const base = { disruption: null, gate: "none", detail: {} } as const;
      return [
        ...wanted.filter((toy) => values.get(toy.name) !== toy.value).map((toy): PlannedAction<ToyInput> => ({
          ...base,
          op: values.has(toy.name) ? "change" : "create",
          key: key("toy", toy.name),
          reason: "differs",
          dependsOn: toy.after.map((name) => key("toy", name)),
          input: { name: toy.name, value: toy.value },
        })),
        ...there.filter((toy) => !names.has(toy.name)).map((toy): PlannedAction<ToyInput> => ({
          ...base,
          op: "delete",
          key: key("toy", toy.name),
          reason: "not asked for",
          dependsOn: [],
          input: { name: toy.name, value: null },
        })),
      ];
    },
    apply: ({ input }, world, signal) => world.put(input, signal),
  };
}
