/** The k3d cluster of a KECS instance: `kecs-<instance>`. */
export function k3dClusterOfInstance(instance: string): string {
  return `kecs-${instance}`;
}

/** The kubeconfig context that k3d writes for a cluster: `k3d-<cluster>`. */
export function k3dContext(cluster: string): string {
  return `k3d-${cluster}`;
}

/** The container of a k3d cluster's server node, counted from 0. */
export function k3dServerContainer(cluster: string, index = 0): string {
  return `k3d-${cluster}-server-${index}`;
}

/** The container of a k3d cluster's load balancer, which publishes host ports. */
export function k3dLoadBalancerContainer(cluster: string): string {
  return `k3d-${cluster}-serverlb`;
}
