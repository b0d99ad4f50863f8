import type { ForwardSpec } from "../model/workspace.ts";
import type { Reporter } from "./reporter.ts";
import type { LooseForward } from "./schema.ts";
import { keyAt, tokenAt } from "./tokens.ts";
import { locate, type MapTree } from "./tree.ts";

/** Reports what keeps a UDP forward from ever working, where the file alone is enough to know. */
export function checkDatagrams(
  written: LooseForward,
  { name, protocol, route, target }: Pick<ForwardSpec, "name" | "protocol" | "route" | "target">,
  { root, reporter }: { readonly root: MapTree; readonly reporter: Reporter },
): void {
  if (protocol !== "udp") return;
  const path = ["forwards", name];
  const at = tokenAt(root, [...path, "protocol"]);
  if (route === "tunnel") {
    const own = locate(root, [...path, "route"]).tree !== undefined;
    return reporter.report({
      code: "PF0061",
      message: "UDP cannot take the tunnel: Kubernetes port-forward carries TCP only",
      at: own ? tokenAt(root, [...path, "route"]) : at,
      help: own
        ? "take 'route' out, or write route: direct; the target needs a NodePort"
        : "'defaults' says route: tunnel; write route: direct here; the target needs a NodePort",
    });
  }
  if (written.expose !== undefined) {
    return reporter.report({
      code: "PF0061",
      message: "'expose' makes NodePorts for TCP only",
      at: keyAt(root, [...path, "expose"]),
      help: "make a Service of type NodePort with the UDP port, and lead the forward to that",
    });
  }
  if (
    target.kind === "pod" || target.kind === "deployment" || target.kind === "statefulset" || target.kind === "selector"
  ) {
    const what = target.kind === "selector" ? "pods of a selector have" : `a ${target.kind} has`;
    return reporter.report({
      code: "PF0061",
      message: `UDP needs a NodePort, which ${what} none of: Kubernetes port-forward carries TCP only`,
      at,
      help: "lead the forward to a Service of type NodePort",
    });
  }
  const probe = written.health?.probe;
  if (probe !== undefined && typeof probe !== "string" && probe.http !== undefined) {
    reporter.report({
      code: "PF0030",
      message: "A UDP forward cannot be probed by HTTP",
      at: keyAt(root, [...path, "health", "probe"]),
      help: "take 'probe' out, or write { exec: [command] }",
    });
  }
}
