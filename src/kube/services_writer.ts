import { AccessError } from "../model/cluster_access.ts";
import { asPort, type Port } from "../model/port.ts";
import type { NewService, ServiceCreated, ServiceRef, ServiceWriter } from "../model/service_writer.ts";
import type { ApiClient, WriteAnswer, WriteRequest } from "./api_client.ts";
import type { ClusterLink } from "./cluster_link.ts";
import { answerError, GoneError, oneLine } from "./failures.ts";
import { rawList, rawObject, rawText, rawTexts } from "./raw.ts";

/** The server answers a write at once or not at all. Milliseconds. */
const TIMEOUT = 15_000;

/** Writes Services of one cluster. A right that is missing is named in the words that a role is written in. */
export function servicesWriter(link: ClusterLink): ServiceWriter {
  const ask = async <T>(what: (api: ApiClient) => Promise<T>, signal: AbortSignal): Promise<T> => {
    const release = link.hold();
    try {
      const session = await link.sessionNow(signal);
      try {
        return await what(session.api);
      } catch (error) {
        const lost = error instanceof AccessError && error.reason !== "forbidden" && error.reason !== "not-found";
        if (lost && !signal.aborted) link.suspect(error, session);
        throw error;
      }
    } finally {
      release();
    }
  };
  const write = (request: WriteRequest, signal: AbortSignal): Promise<WriteAnswer> =>
    ask((api) => api.write(request, { signal, timeout: TIMEOUT }), signal);
  /** The labels of the Service of that name; null where there is none. */
  const labelsOf = async ({ namespace, name }: NewService, signal: AbortSignal) => {
    const path = `${collection(namespace)}/${encodeURIComponent(name)}`;
    try {
      const service = await ask((api) => api.get(path, { signal, timeout: TIMEOUT }), signal);
      return rawTexts(rawObject(rawObject(service)["metadata"])["labels"]);
    } catch (error) {
      if (error instanceof AccessError && error.reason === "not-found") return null;
      throw error;
    }
  };
  return {
    create: async (service, signal) => {
      const path = collection(service.namespace);
      try {
        const answer = created(await write({ method: "POST", path, body: manifestOf(service) }, signal));
        if (answer.kind === "created" || answer.kind === "refused") return answer;
        // A NodePort is looked at before the name is: what is taken may be taken by the very Service that is to be made.
        const labels = await labelsOf(service, signal);
        if (labels !== null) return { kind: "exists", labels };
        return answer.kind === "taken"
          ? answer
          : { kind: "refused", message: "a Service of that name was there, and went" };
      } catch (error) {
        throw named(error, { verb: "create", namespace: service.namespace });
      }
    },
    delete: async (service, signal) => {
      const path = `${collection(service.namespace)}/${encodeURIComponent(service.name)}`;
      try {
        const { status, body } = await write({ method: "DELETE", path, body: preconditions(service) }, signal);
        if (status === 404 || status === 409) return "gone";
        if (status < 300) return "deleted";
        throw refusal({ status, body });
      } catch (error) {
        throw named(error, { verb: "delete", namespace: service.namespace });
      }
    },
  };
}

function collection(namespace: string): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
}

function preconditions({ uid }: ServiceRef): unknown {
  return { apiVersion: "v1", kind: "DeleteOptions", ...(uid === "" ? {} : { preconditions: { uid } }) };
}

/** A NodePort Service as it is sent. */
function manifestOf({ namespace, name, labels, annotations, selector, ports }: NewService): unknown {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name, labels, annotations },
    spec: {
      type: "NodePort",
      selector,
      ports: ports.map(({ name, port, targetPort, nodePort }) => ({
        name,
        protocol: "TCP",
        port,
        targetPort,
        ...(nodePort === null ? {} : { nodePort }),
      })),
    },
  };
}

function created({ status, body }: WriteAnswer): ServiceCreated {
  if (status < 300) {
    const ports = rawList(rawObject(rawObject(body)["spec"])["ports"]);
    return { kind: "created", nodePorts: ports.map(nodePortOf).filter((one) => one !== null) };
  }
  const message = oneLine(rawText(rawObject(body)["message"]) ?? `status ${status}`);
  // A namespace on its way out answers 403 or 409; a name that is there answers 409 with its reason.
  if (status === 409 && rawObject(body)["reason"] === "AlreadyExists") return { kind: "exists", labels: {} };
  if (status === 422) {
    return /already allocated|provided port is not in the valid range/.test(message)
      ? { kind: "taken", message }
      : { kind: "refused", message };
  }
  if (status === 404 || status === 409 || status === 400) return { kind: "refused", message };
  throw refusal({ status, body });
}

function nodePortOf(value: unknown): Port | null {
  const nodePort = rawObject(value)["nodePort"];
  return typeof nodePort === "number" ? asPort(nodePort) ?? null : null;
}

function refusal({ status, body }: WriteAnswer): AccessError {
  const error = answerError(status, body);
  return error instanceof GoneError ? new AccessError("not-found", error.message) : error;
}

/** Says which right is missing where one is. */
function named(error: unknown, { verb, namespace }: { readonly verb: string; readonly namespace: string }): unknown {
  if (!(error instanceof AccessError) || error.reason !== "forbidden") return error;
  const message = `berth may not ${verb} Services in namespace ${namespace}: ` +
    `its user needs the verb '${verb}' on the resource 'services' there (${error.message})`;
  return new AccessError("forbidden", message, { cause: error });
}
