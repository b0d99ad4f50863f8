/**
 * The command that makes a k3d cluster for tests or measurements: without DNS in it, and of the node image in `RIG_NODE_IMAGE` where
 * that is set. `more`: further arguments.
 */
export function createCommand(cluster: string, more: readonly string[] = []): readonly [string, ...string[]] {
  const image = Deno.env.get("RIG_NODE_IMAGE");
  return [
    "k3d",
    "cluster",
    "create",
    cluster,
    "--timeout",
    "180s",
    ...(image === undefined ? [] : ["--image", image]),
    "--k3s-arg",
    "--disable=coredns@server:*",
    ...more,
  ];
}
