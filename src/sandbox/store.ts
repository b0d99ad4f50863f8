import type { Clock, Random } from "../model/world.ts";
import {
  apiVersion,
  type EndpointSlice,
  type KubeObject,
  type Plain,
  type Pod,
  type ResourceName,
  type ResourceType,
  resourceTypes,
  type Service,
  type Workload,
} from "./objects.ts";

/** A change of one object, kept for watches. */
export interface Change {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resource: ResourceName;
  readonly object: KubeObject;
  /** The object before a MODIFIED or DELETED. */
  readonly previous: KubeObject | undefined;
  readonly revision: number;
}

/** How many changes are kept: a watch that asks for older ones gets a 410. */
const keptChanges = 1000;

/** All objects, their history, and who listens to it. Objects are values: a change puts a new one in the place of the old. */
export class Store {
  readonly pods: Collection<Pod>;
  readonly services: Collection<Service>;
  readonly nodes: Collection<Plain>;
  readonly namespaces: Collection<Plain>;
  readonly endpointslices: Collection<EndpointSlice>;
  readonly deployments: Collection<Workload>;
  readonly statefulsets: Collection<Workload>;
  readonly replicasets: Collection<Workload>;
  readonly ingresses: Collection<Plain>;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #listeners = new Set<(change: Change) => void>();
  #changes: Change[] = [];
  readonly #undelivered: Change[] = [];
  #revision = 1;
  #compacted = 1;
  #lastCreation = 0;
  #shift = 0;

  constructor(options: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.pods = new Collection(this, resourceTypes.pods);
    this.services = new Collection(this, resourceTypes.services);
    this.nodes = new Collection(this, resourceTypes.nodes);
    this.namespaces = new Collection(this, resourceTypes.namespaces);
    this.endpointslices = new Collection(this, resourceTypes.endpointslices);
    this.deployments = new Collection(this, resourceTypes.deployments);
    this.statefulsets = new Collection(this, resourceTypes.statefulsets);
    this.replicasets = new Collection(this, resourceTypes.replicasets);
    this.ingresses = new Collection(this, resourceTypes.ingresses);
  }

  /** The collection of a plural name, for code that looks at metadata only. */
  collection(name: ResourceName): Collection<KubeObject> {
    return this[name];
  }

  /** The version of the whole: that of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** Changes after `revision`, or undefined when some of them are no longer kept. */
  changesSince(revision: number): readonly Change[] | undefined {
    return revision < this.#compacted ? undefined : this.#changes.filter((change) => change.revision > revision);
  }

  /** Forgets the history: watches and continued lists from older versions get a 410. */
  compact(): void {
    // Moves on one version, so that what was the newest is too old as well.
    this.#revision++;
    this.#compacted = this.#revision;
    this.#changes = [];
  }

  /** Calls `listener` after each change, in order. Returns the way to stop that. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * A creation time for a new pod: of the API's resolution, one second, and later than that of any pod before, so that newest always
   * means something.
   */
  podCreationTime(): string {
    this.#lastCreation = Math.max(
      Math.floor((this.#clock.now() - this.#shift) / 1000) * 1000,
      this.#lastCreation + 1000,
    );
    return toTime(this.#lastCreation);
  }

  /** The time now, as the API writes it. */
  now(): string {
    return toTime(this.#clock.now() - this.#shift);
  }

  /** Until it is called with 0, all times are this many milliseconds in the past: for objects that were there before the start. */
  backdate(milliseconds: number): void {
    this.#shift = milliseconds;
  }

  newUid(): string {
    const hex = (digits: number) =>
      Array.from({ length: digits }, () => Math.floor(this.#random() * 16).toString(16)).join("");
    return `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }

  /** `length` characters as Kubernetes puts them behind generated names: no vowels, nothing that looks like another. */
  newSuffix(length: number): string {
    const alphabet = "bcdfghjklmnpqrstvwxz2456789";
    return Array.from({ length }, () => alphabet[Math.floor(this.#random() * alphabet.length)] ?? "x").join("");
  }

  /** Numbers the change, keeps it and tells the listeners. Called by collections. */
  record(change: Omit<Change, "revision">, stamp: (revision: string) => KubeObject): void {
    this.#revision++;
    const whole: Change = { ...change, object: stamp(String(this.#revision)), revision: this.#revision };
    this.#changes.push(whole);
    if (this.#changes.length > keptChanges) this.#compacted = this.#changes.shift()?.revision ?? this.#compacted;
    this.#undelivered.push(whole);
    // A listener may change things itself: each still sees all changes in their order.
    if (this.#undelivered.length > 1) return;
    for (let next = this.#undelivered[0]; next !== undefined; next = this.#undelivered[0]) {
      for (const listener of [...this.#listeners]) listener(next);
      this.#undelivered.shift();
    }
  }
}

function toTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/** The objects of one type. */
export class Collection<T extends KubeObject> {
  readonly type: ResourceType<T>;
  readonly #store: Store;
  readonly #objects = new Map<string, T>();

  constructor(store: Store, type: ResourceType<T>) {
    this.#store = store;
    this.type = type;
  }

  /** An object that was checked before, as one of this type; throws when it is none. */
  parse(object: KubeObject): T {
    return this.type.schema.parse(object);
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#objects.get(key(name, namespace));
  }

  /** In the order of namespace and name, as etcd lists them. */
  list(namespace?: string): readonly T[] {
    return [...this.#objects].filter(([, object]) => namespace === undefined || object.metadata.namespace === namespace)
      .sort(([a], [b]) => a < b ? -1 : 1).map(([, object]) => object);
  }

  /** Adds an object, or puts it in the place of the one with its name. Identity, kind and version are filled in. Returns what is stored. */
  put(object: T): T {
    const { name, namespace } = object.metadata;
    const at = key(name, namespace);
    const previous = this.#objects.get(at);
    const identity = previous?.metadata ?? {
      uid: this.#store.newUid(),
      creationTimestamp: this.type.name === "pods" ? this.#store.podCreationTime() : this.#store.now(),
    };
    let stored = object;
    this.#store.record({
      type: previous === undefined ? "ADDED" : "MODIFIED",
      resource: this.type.name,
      object,
      previous,
    }, (resourceVersion) => {
      stored = {
        kind: this.type.kind,
        apiVersion: apiVersion(this.type),
        ...object,
        metadata: {
          ...object.metadata,
          uid: identity.uid,
          creationTimestamp: identity.creationTimestamp,
          resourceVersion,
        },
      };
      this.#objects.set(at, stored);
      return stored;
    });
    return stored;
  }

  /** Removes an object; does nothing when it is gone already. */
  remove(name: string, namespace?: string): void {
    const at = key(name, namespace);
    const previous = this.#objects.get(at);
    if (previous === undefined) return;
    this.#objects.delete(at);
    this.#store.record(
      { type: "DELETED", resource: this.type.name, object: previous, previous },
      (resourceVersion) => ({
        ...previous,
        metadata: { ...previous.metadata, resourceVersion },
      }),
    );
  }
}

function key(name: string, namespace: string | undefined): string {
  return `${namespace ?? ""}/${name}`;
}
