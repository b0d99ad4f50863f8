/** How k3d names what belongs to a cluster. Source: k3d's own naming (pkg/types), which its `list` commands show. */

/** The kubeconfig context that k3d writes for a cluster: `k3d-<cluster>`. */
export function k3dContext(cluster: string): string {
  return `k3d-${cluster}`;
}

/** The container of a k3d cluster's first server node. */
export function k3dServerContainer(cluster: string): string {
  return `k3d-${cluster}-server-0`;
}

/** The container of a k3d cluster's load balancer, which publishes host ports. */
export function k3dLoadBalancerContainer(cluster: string): string {
  return `k3d-${cluster}-serverlb`;
}

/** The k3d cluster of a KECS instance: `kecs-<instance>`. */
export function k3dClusterOfInstance(instance: string): string {
  return `kecs-${instance}`;
}
