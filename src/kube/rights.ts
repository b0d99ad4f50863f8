import type { ApiClient } from "./api_client.ts";
import { rawObject, rawText } from "./raw.ts";

/** How long one answer may take, in milliseconds. */
const TIMEOUT = 10_000;

/** A right to ask for. `resource` may have a subresource (`pods/portforward`) and a group (`endpointslices.discovery.k8s.io`). */
export interface AskedRight {
  readonly verb: string;
  readonly resource: string;
  readonly namespace: string | null;
}

/**
 * The version of the API server, and which of these rights its user lacks (SelfSubjectAccessReview); `lacks` is null where the server does
 * not answer such questions. Rejects with `AccessError` where it does not answer at all.
 */
export async function askRights<Asked extends AskedRight>(
  api: ApiClient,
  rights: readonly Asked[],
  signal: AbortSignal,
): Promise<{ readonly version: string | null; readonly lacks: readonly Asked[] | null }> {
  const about = rawObject(await api.get("/version", { signal, timeout: TIMEOUT }));
  const version = rawText(about["gitVersion"]);
  const answers = await Promise.all(rights.map(async (right) => {
    const { status, body } = await api.write({
      method: "POST",
      path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
      body: review(right),
    }, { signal, timeout: TIMEOUT });
    const allowed = rawObject(rawObject(body)["status"])["allowed"];
    return status >= 200 && status < 300 && typeof allowed === "boolean" ? { right, allowed } : null;
  }));
  const known = answers.filter((answer) => answer !== null);
  if (known.length < rights.length) return { version, lacks: null };
  return { version, lacks: known.filter(({ allowed }) => !allowed).map(({ right }) => right) };
}

function review({ verb, resource, namespace }: AskedRight): unknown {
  const [whole = "", subresource] = resource.split("/");
  const [name = "", ...group] = whole.split(".");
  return {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: {
      resourceAttributes: {
        verb,
        group: group.join("."),
        resource: name,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === null ? {} : { namespace }),
      },
    },
  };
}
