import { insideContainer } from "../host/container.ts";
import { ApiClient } from "../kube/api_client.ts";
import type { KubeconfigChoice } from "../kube/kubeconfig.ts";
import { loadTransport } from "../kube/load_transport.ts";
import type { Transport } from "../kube/transport.ts";
import type { Host } from "./host.ts";

/** The API server of one cluster, to be asked a few things and closed. Rejects with `AccessError`, or the signal's reason. */
export async function openApi(
  { clock, env, home }: Host,
  choice: KubeconfigChoice,
  { signal }: { readonly signal: AbortSignal },
): Promise<{ readonly api: ApiClient; readonly transport: Transport }> {
  const inContainer = () => insideContainer(env);
  const transport = await loadTransport(choice, { clock, env, home, signal, inContainer });
  return { api: new ApiClient(transport, { clock }), transport };
}
