import { AccessError } from "../model/cluster_access.ts";
import { kubeconfigError, oneLine } from "./failures.ts";
import { type Raw, rawObject, rawText, rawTexts } from "./raw.ts";

/** Gives the Authorization header of a user with an `auth-provider`. */
export interface AuthProvider {
  /** Rejects with `AccessError`. */
  authorization(): Promise<string | null>;
}

/**
 * The Kubernetes client's own handling of `users[].user.auth-provider` (OIDC with its refresh, GCP, Azure).
 *
 * The one file that imports the Kubernetes client, and only when such a user is met: loading it costs about 70 MB of memory and
 * 0.25 s, nearly all of it for generated API classes that nothing here uses; its configuration module alone pulls them in too.
 */
export async function loadAuthProvider(user: Raw): Promise<AuthProvider> {
  const provider = rawObject(user["auth-provider"]);
  const name = rawText(provider["name"]);
  if (name === null) throw kubeconfigError("the kubeconfig's auth-provider has no name");
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "cluster", server: "https://localhost", skipTLSVerify: false },
    { name: "user", authProvider: { name, config: { ...rawTexts(provider["config"]) } } },
  );
  return {
    authorization: async () => {
      const options: { headers: Record<string, string> } = { headers: {} };
      try {
        await config.applyToHTTPSOptions(options);
      } catch (error) {
        const said = error instanceof Error ? oneLine(error.message) : "unknown error";
        throw new AccessError("unauthorized", `the kubeconfig's auth-provider '${name}' gives no token: ${said}`, {
          cause: error,
        });
      }
      return options.headers["Authorization"] ?? null;
    },
  };
}
