import { join } from "node:path";
import type { SurveyChoice } from "../cli/services.ts";
import { surveyCluster } from "../kube/survey.ts";
import type { Survey } from "../model/survey.ts";
import { baseDirectories } from "../state/paths.ts";
import type { Host } from "./host.ts";
import { openApi } from "./one_api.ts";
import { Sandboxes } from "./sandboxes.ts";

/** Looks once at what a cluster has. Rejects with `AccessError`. */
export async function survey(host: Host, choice: SurveyChoice, signal: AbortSignal): Promise<Survey> {
  const { env, home } = host;
  const { kubeconfig, context, sandbox, namespace } = choice;
  await using stack = new AsyncDisposableStack();
  let path = kubeconfig;
  if (sandbox) {
    const dir = join(baseDirectories({ env, home }).runtime, "init");
    const sandboxes = new Sandboxes(host, dir);
    const where = { file: "", line: 1, column: 1, length: 0 };
    stack.defer(async () => {
      await sandboxes.close("sandbox");
      // Another one may use it just now.
      await Deno.remove(dir).catch(() => {});
    });
    path = await sandboxes.kubeconfig({ name: "sandbox", access: { kind: "sandbox" }, where });
  }
  const { api } = await openApi(host, {
    cluster: context ?? "current",
    ...(path === undefined ? {} : { kubeconfig: path }),
    ...(context === undefined || sandbox ? {} : { context }),
  }, { signal });
  stack.defer(() => api.close());
  return await surveyCluster(api, { namespace, signal });
}
