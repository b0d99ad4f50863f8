import { apiVersion, resourceTypes } from "./objects.ts";

const groups = ["apps", "discovery.k8s.io", "networking.k8s.io"] as const;
const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

/**
 * The documents by which a client finds out what the API has, by path; undefined for any other path. In the old form only: clients that
 * ask for the aggregated one take this in its stead.
 */
export function discovery(path: string, options: { readonly version: string; readonly server: string }): unknown {
  switch (path) {
    case "/version": {
      const [major = "1", minor = "0"] = options.version.replace(/^v/, "").split(".");
      return { major, minor, gitVersion: options.version, gitTreeState: "clean", platform: "sandbox" };
    }
    case "/api":
      return {
        kind: "APIVersions",
        versions: ["v1"],
        serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: options.server }],
      };
    case "/apis":
      return { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(groupOf) };
    case "/api/v1":
      return resourcesOf("");
    default:
      for (const group of groups) {
        if (path === `/apis/${group}`) return { kind: "APIGroup", apiVersion: "v1", ...groupOf(group) };
        if (path === `/apis/${group}/v1`) return resourcesOf(group);
      }
      return undefined;
  }
}

function groupOf(group: string) {
  const version = { groupVersion: `${group}/v1`, version: "v1" };
  return { name: group, versions: [version], preferredVersion: version };
}

function resourcesOf(group: string) {
  const resources = Object.values(resourceTypes).filter((type) => type.group === group).flatMap((type) => [
    {
      name: type.name,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs,
      ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
      ...(type.name === "replicasets" || type.name === "pods" || type.name === "services" ||
          type.name === "deployments" ||
          type.name === "statefulsets"
        ? { categories: ["all"] }
        : {}),
    },
    ...type.subresources.map((name) => ({
      name: `${type.name}/${name}`,
      singularName: "",
      namespaced: type.namespaced,
      ...(name === "scale"
        ? { group: "autoscaling", version: "v1", kind: "Scale", verbs: ["get", "patch", "update"] }
        : { kind: "PodPortForwardOptions", verbs: ["create", "get"] }),
    })),
  ]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion({ group }), resources };
}
