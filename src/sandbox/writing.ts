import { admitPod, admitService, admitWorkload, checkName } from "./admission.ts";
import { terminate } from "./controller.ts";
import type { NodePorts } from "./node_ports.ts";
import type { KubeObject, ResourceType, Workload } from "./objects.ts";
import { isRecord } from "./selectors.ts";
import { alreadyExists, ApiError, badRequest, conflict, invalid, notFound } from "./status_error.ts";
import type { Collection, Store } from "./store.ts";

/** Which object a write is about. */
export interface Address {
  readonly type: ResourceType<KubeObject>;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The write half of the API. Writes are one after the other. All methods reject with `ApiError`. */
export class Writer {
  readonly #store: Store;
  readonly #nodePorts: NodePorts;
  #last: Promise<unknown> = Promise.resolve();
  #clusterIps = 0;

  constructor(options: { readonly store: Store; readonly nodePorts: NodePorts }) {
    this.#store = options.store;
    this.#nodePorts = options.nodePorts;
  }

  /** Stores a new object. */
  create(at: Omit<Address, "name">, input: unknown): Promise<KubeObject> {
    return this.#inTurn(async () => {
      const collection = this.#store.collection(at.type.name);
      const parsed = parse(at.type, input);
      const { metadata } = parsed;
      if (at.namespace !== undefined && metadata.namespace !== undefined && metadata.namespace !== at.namespace) {
        throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
      }
      const name = metadata.name !== "" || metadata.generateName === undefined
        ? metadata.name
        : metadata.generateName + this.#store.newSuffix(5);
      const { deletionTimestamp: _never, ...kept } = metadata;
      const object = {
        ...parsed,
        metadata: { ...kept, name, ...(at.namespace === undefined ? {} : { namespace: at.namespace }) },
      };
      checkName(at.type, object);
      if (at.namespace !== undefined && this.#store.namespaces.get(at.namespace) === undefined) {
        throw notFound(this.#store.namespaces.type, at.namespace);
      }
      if (collection.get(name, at.namespace) !== undefined) throw alreadyExists(at.type, name);
      return await this.#admitAndPut(collection, { object, before: undefined });
    });
  }

  /** Replaces an object, or with `patch` merges into it (RFC 7396). */
  update(at: Address, change: { readonly replace: unknown } | { readonly patch: unknown }): Promise<KubeObject> {
    return this.#inTurn(async () => {
      const collection = this.#store.collection(at.type.name);
      const before = collection.get(at.name, at.namespace);
      if (before === undefined) throw notFound(at.type, at.name);
      const parsed = parse(at.type, "patch" in change ? merge(before, change.patch) : change.replace);
      const { metadata } = parsed;
      if (metadata.name !== at.name) throw badRequest("the name of the object does not match the name on the URL");
      if (metadata.resourceVersion !== "" && metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw conflict(at.type, { name: at.name });
      }
      const { deletionTimestamp } = before.metadata;
      const object = {
        ...parsed,
        metadata: {
          ...metadata,
          ...(at.namespace === undefined ? {} : { namespace: at.namespace }),
          ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
        },
      };
      return await this.#admitAndPut(collection, { object, before });
    });
  }

  /** Deletes an object: pods and namespaces after a while. Returns what is still there of it, or undefined. */
  remove(at: Address, options: unknown): Promise<KubeObject | undefined> {
    return this.#inTurn(() => {
      const collection = this.#store.collection(at.type.name);
      const before = collection.get(at.name, at.namespace);
      if (before === undefined) throw notFound(at.type, at.name);
      const wishes = isRecord(options) ? options : {};
      const wanted = isRecord(wishes.preconditions) ? wishes.preconditions.uid : undefined;
      if (typeof wanted === "string" && wanted !== before.metadata.uid) {
        const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${before.metadata.uid}`;
        throw conflict(at.type, { name: at.name, why });
      }
      if (at.type.name === "namespaces") {
        const { metadata } = before;
        collection.put({
          ...before,
          metadata: { ...metadata, deletionTimestamp: this.#store.now() },
          status: { phase: "Terminating" },
        });
      } else if (at.type.name === "pods" && wishes.gracePeriodSeconds !== 0) {
        const grace = typeof wishes.gracePeriodSeconds === "number" ? wishes.gracePeriodSeconds : 30;
        terminate(this.#store, { name: at.name, namespace: at.namespace ?? "", grace });
      } else collection.remove(at.name, at.namespace);
      return Promise.resolve(collection.get(at.name, at.namespace));
    });
  }

  /** The Scale of a workload. */
  scaleOf(at: Address): Readonly<Record<string, unknown>> {
    const workload = this.#workload(at);
    const { name, namespace, uid, resourceVersion, creationTimestamp } = workload.metadata;
    return {
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
      spec: { replicas: workload.spec.replicas },
      status: { replicas: workload.status?.replicas ?? 0 },
    };
  }

  /** Sets the replicas of a workload from a Scale, or a patch of one. */
  async scale(at: Address, input: unknown): Promise<Readonly<Record<string, unknown>>> {
    const spec = isRecord(input) && isRecord(input.spec) ? input.spec : {};
    this.#workload(at);
    const metadata = isRecord(input) && isRecord(input.metadata) && typeof input.metadata.resourceVersion === "string"
      ? { resourceVersion: input.metadata.resourceVersion }
      : {};
    await this.update(at, { patch: { metadata, spec: { replicas: spec.replicas } } });
    return this.scaleOf(at);
  }

  #workload({ type, name, namespace }: Address): Workload {
    const workload = type.name === "deployments" || type.name === "statefulsets" || type.name === "replicasets"
      ? this.#store[type.name].get(name, namespace)
      : undefined;
    if (workload === undefined) throw notFound(type, name);
    return workload;
  }

  async #admitAndPut(
    collection: Collection<KubeObject>,
    options: { readonly object: KubeObject; readonly before: KubeObject | undefined },
  ): Promise<KubeObject> {
    const { object, before } = options;
    const { name, namespace } = object.metadata;
    switch (collection.type.name) {
      case "services": {
        const { services } = this.#store;
        const admitted = await admitService(services.type, {
          service: services.parse(object),
          before: before === undefined ? undefined : services.get(name, namespace),
          nodePorts: this.#nodePorts,
          newClusterIp: () => this.#newClusterIp(),
        });
        return services.put(admitted);
      }
      case "deployments":
      case "statefulsets":
      case "replicasets": {
        const workloads = this.#store[collection.type.name];
        const workload = workloads.parse(object);
        const old = before === undefined ? undefined : workloads.get(name, namespace);
        return workloads.put(admitWorkload(workloads.type, { workload, before: old }));
      }
      case "pods": {
        const { pods } = this.#store;
        return pods.put(before === undefined ? admitPod(pods.parse(object)) : pods.parse(object));
      }
      case "namespaces":
        return collection.put({ ...object, status: object.status ?? { phase: "Active" } });
      default:
        return collection.put(object);
    }
  }

  #newClusterIp(): string {
    this.#clusterIps++;
    return `10.43.${this.#clusterIps >> 8}.${this.#clusterIps & 0xff}`;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

/** Reads an object of a type. Throws `ApiError`: 400 for another kind, 422 for wrong fields. */
function parse(type: ResourceType<KubeObject>, input: unknown): KubeObject {
  if (!isRecord(input)) throw badRequest("the object provided is unrecognized (must be of type JSON)");
  if (input.kind !== undefined && input.kind !== type.kind) {
    throw badRequest(`${type.kind} in version "v1" cannot be handled as a ${String(input.kind)}`);
  }
  const result = type.schema.safeParse({ metadata: {}, ...input });
  if (result.success) return result.data;
  const metadata = isRecord(input.metadata) ? input.metadata : {};
  throw invalid(type, {
    name: typeof metadata.name === "string" ? metadata.name : "",
    problems: result.error.issues.map(({ path, message }) => ({
      field: path.map((step) => typeof step === "number" ? `[${step}]` : `.${String(step)}`).join("").replace(
        /^\./,
        "",
      ),
      message: `Invalid value: ${message}`,
    })),
  });
}

/** JSON merge patch, RFC 7396. */
function merge(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name];
    else merged[name] = merge(merged[name], value);
  }
  return merged;
}

/** The body of a request as JSON, undefined when there is none. Throws `ApiError`: 400 for broken JSON, 415 for another format. */
export function parseBody(body: Uint8Array, contentType: string | null): unknown {
  if (body.length === 0) return undefined;
  const format = (contentType ?? "application/json").split(";")[0]?.trim() ?? "";
  const known = ["application/json", "application/merge-patch+json", "application/strategic-merge-patch+json", "*/*"];
  if (!known.includes(format)) {
    throw new ApiError({
      code: 415,
      reason: "UnsupportedMediaType",
      message: `the body of the request was in an unknown format - accepted media types include: ${
        known.slice(0, 3).join(", ")
      }`,
    });
  }
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw badRequest("the body of the request is not JSON");
  }
}
