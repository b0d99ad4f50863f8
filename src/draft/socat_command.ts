import { NODE_PORTS } from "../conventions/kecs_ports.ts";
import type { Note } from "./draft.ts";
import { clusterOf } from "./cluster_of.ts";
import { type ReadCommand, unknownOf } from "./read_command.ts";
import type { Command } from "./shell_commands.ts";

/** The arguments after `socat`: `TCP-LISTEN:8443,fork,reuseaddr TCP:node:30443`. */
export function readSocat(
  { line, words }: Command,
  { kubeconfig }: { readonly kubeconfig: string | undefined },
): ReadCommand | null {
  const addresses = words.filter(({ text, unknown }) => !text.startsWith("-") || unknown !== null);
  const [from, to] = addresses;
  const what = "socat";
  const leave = (why: string): ReadCommand => ({ forwards: [], notes: [{ kind: "left-out", line, what, why }] });
  if (from === undefined || to === undefined) return null;
  const [, options] = /^tcp[46]?-(?:listen|l):(.*)$/i.exec(from.text) ?? [];
  if (options === undefined) {
    return leave("it does not listen on a TCP port");
  }
  const unknown = unknownOf([from, to]);
  if (unknown !== null) return leave(unknown);
  const [local = "", ...settings] = options.split(",");
  const [, host, port] = /^tcp[46]?(?:-connect)?:\[?([^\]]+?)\]?:(\d+)(?:,.*)?$/i.exec(to.text) ?? [];
  if (host === undefined || port === undefined) return leave("it does not lead to a TCP port");
  if (!/^\d+$/.test(local)) return leave(`'${local}' is not the number of a local port`);
  const number = Number(port);
  if (number < NODE_PORTS.first || number > NODE_PORTS.last) {
    return leave(`it leads to port ${port} of ${host}, which is no NodePort: name the Service behind it`);
  }
  const context = contextOfNode(host);
  const notes: Note[] = [];
  const where = `NodePort ${port}`;
  if (context === undefined) {
    const why = `'${host}' is taken for a node of the current context's cluster`;
    notes.push({ kind: "changed", line, what: where, why });
  }
  if (settings.some((setting) => /^(?:bind|range|su|tcpwrap)\b/i.test(setting))) {
    notes.push({ kind: "lost", line, what: where, why: "its settings of who may connect, and where it listens" });
  }
  const cluster = clusterOf({ context, kubeconfig });
  const target = { kind: "nodePort" } as const;
  return {
    cluster,
    forwards: [{ name: where, cluster: cluster.id, target, port: number, local: Number(local), line }],
    notes,
  };
}

/** The context that k3d or kind writes for the cluster whose node has this name; undefined for any other host. */
function contextOfNode(host: string): string | undefined {
  const k3d = /^(k3d-.+)-(?:server|agent)-\d+$/.exec(host)?.[1];
  if (k3d !== undefined) return k3d;
  const kind = /^(.+)-(?:control-plane|worker)\d*$/.exec(host)?.[1];
  return kind === undefined ? undefined : `kind-${kind}`;
}
