import { LABEL_TASK_ID } from "../conventions/kecs_labels.ts";
import { AccessError } from "../model/cluster_access.ts";
import type { Survey, SurveyPort } from "../model/survey.ts";
import type { ApiClient } from "./api_client.ts";
import { rawList, rawObject, rawText, rawTexts } from "./raw.ts";

/** How long one list may take, in milliseconds. */
const TIMEOUT = 10_000;

/**
 * Lists once what forwards may lead to. `namespace`: only what is in it. Rejects with `AccessError`; without the right to list namespaces
 * or pods it goes without.
 */
export async function surveyCluster(
  api: ApiClient,
  { namespace, signal }: { readonly namespace: string | undefined; readonly signal: AbortSignal },
): Promise<Survey> {
  const list = async (path: string) => rawList(rawObject(await api.get(path, { signal, timeout: TIMEOUT }))["items"]);
  const inside = namespace === undefined ? "/api/v1" : `/api/v1/namespaces/${encodeURIComponent(namespace)}`;
  const [services, namespaces, pods] = await Promise.all([
    list(`${inside}/services`),
    unlessForbidden(list("/api/v1/namespaces")),
    unlessForbidden(list(`${inside}/pods?labelSelector=${encodeURIComponent(LABEL_TASK_ID)}`)),
  ]);
  return {
    namespaces: namespaces.map(metadataOf),
    services: services.map((item) => {
      const spec = rawObject(rawObject(item)["spec"]);
      return {
        ...metadataOf(item),
        external: spec["type"] === "ExternalName",
        ports: portsOf(spec["ports"], "port"),
      };
    }),
    tasks: pods.map((item) => {
      const { namespace, labels } = metadataOf(item);
      const containers = rawList(rawObject(rawObject(item)["spec"])["containers"]);
      return {
        namespace,
        id: labels[LABEL_TASK_ID] ?? "",
        ports: containers.flatMap((container) => portsOf(rawObject(container)["ports"], "containerPort")),
      };
    }),
  };
}

async function unlessForbidden(listing: Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof AccessError && error.reason === "forbidden") return [];
    throw error;
  }
}

function metadataOf(
  item: unknown,
): { readonly namespace: string; readonly name: string; readonly labels: Readonly<Record<string, string>> } {
  const metadata = rawObject(rawObject(item)["metadata"]);
  return {
    namespace: rawText(metadata["namespace"]) ?? "",
    name: rawText(metadata["name"]) ?? "",
    labels: rawTexts(metadata["labels"]),
  };
}

function portsOf(ports: unknown, key: "port" | "containerPort"): readonly SurveyPort[] {
  return rawList(ports).map(rawObject).map((port) => ({
    port: Number(port[key]),
    name: rawText(port["name"]),
    protocol: rawText(port["protocol"]) ?? "TCP",
  }));
}
