import { albOfHost } from "../../conventions/alb.ts";
import type { Port } from "../../model/port.ts";
import type { HostLookup } from "./host_rewriter.ts";

/** The real name of a load balancer of a cluster; that of the given listener where it has one of its own. */
export type AlbNames = (cluster: string, of: { readonly alb: string; readonly listener: Port }) => string | undefined;

/** Looks up hosts of the form `<alb>.localhost`, as the cluster's load balancers are named when the request comes. All others stay. */
export function albHosts(
  names: AlbNames,
  { cluster, listener }: { readonly cluster: string; readonly listener: Port },
): HostLookup {
  return (host) => {
    const alb = albOfHost(host);
    return alb === null ? undefined : names(cluster, { alb, listener });
  };
}
