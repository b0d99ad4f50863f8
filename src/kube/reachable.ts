import { k3dLoadBalancerContainer, k3dServerContainer } from "../conventions/k3d_names.ts";
/** A host and a port to dial. An IPv6 host stands without brackets. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** What a kubeconfig says that hints at where else its API server is. */
export interface ServerHints {
  /** The context's name. */
  readonly context: string;
  /** The name of the context's cluster entry. */
  readonly clusterName: string;
  /** The port as written. */
  readonly port: number;
}

/** The port of the API server inside the containers of k3d and kind. */
const INSIDE_PORT = 6443;

/** One program that makes clusters of containers: how it begins the names of contexts and cluster entries, and what stands behind them. */
interface Maker {
  readonly prefix: string;
  /** The containers that have the API, best first. */
  readonly hosts: (name: string) => readonly string[];
  readonly network: (name: string) => string;
}

const MAKERS: readonly Maker[] = [
  {
    prefix: "k3d-",
    hosts: (name) => [k3dLoadBalancerContainer(name), k3dServerContainer(name)],
    network: (name) => `k3d-${name}`,
  },
  {
    prefix: "kind-",
    // The load balancer is there only with several control planes.
    hosts: (name) => [`${name}-control-plane`, `${name}-external-load-balancer`],
    network: () => "kind",
  },
];

/** Whether a URL's hostname is this machine itself: `localhost`, 127.0.0.0/8, `::1`, and the addresses that mean "all of mine". */
export function isOwnHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return host === "localhost" || host.endsWith(".localhost") || host === "0.0.0.0" || host === "::" || host === "::1" ||
    /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Where the API server may be found from a container, for a kubeconfig that was made on the host: the names that k3d and kind give it on
 * the cluster's Docker network, which their certificates are valid for, and then the host itself. In the order to try.
 */
export function addressesInside(hints: ServerHints): readonly ServerAddress[] {
  const hosts = new Set(made(hints).flatMap(({ maker, name }) => maker.hosts(name)));
  return [
    ...Array.from(hosts, (host) => ({ host, port: INSIDE_PORT })),
    { host: "host.docker.internal", port: hints.port },
  ];
}

/** The Docker network of the cluster, as far as names tell: k3d makes one a cluster, kind one for all. Null where neither made it. */
export function clusterNetwork(hints: ServerHints): string | null {
  const [first] = made(hints);
  return first === undefined ? null : first.maker.network(first.name);
}

/** Which programs may have made the cluster, and its name there. */
function made({ context, clusterName }: ServerHints): readonly { readonly maker: Maker; readonly name: string }[] {
  return [context, clusterName].flatMap((full) =>
    MAKERS.filter(({ prefix }) => full.startsWith(prefix) && full !== prefix)
      .map((maker) => ({ maker, name: full.slice(maker.prefix.length) }))
  );
}
