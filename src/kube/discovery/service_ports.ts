import { namespaceOf, serviceObjectNames } from "../../conventions/kecs_labels.ts";
import type { Port } from "../../model/port.ts";
import type { KecsSpec } from "../../model/workspace.ts";
import { pending } from "../look_once.ts";
import { objectsOf, type Snapshot } from "../targets/snapshot.ts";

/**
 * The TCP ports of a Service, from what is known now: none where there is no such Service, null where not enough is known. `group`: its
 * namespace, or the ECS cluster where the cluster runs KECS. Throws `AccessError` where the look is not permitted.
 */
export function servicePorts(
  snapshot: Snapshot,
  { group, name, kecs }: { readonly group: string; readonly name: string; readonly kecs: KecsSpec | undefined },
): readonly Port[] | null {
  let namespace = group;
  if (kecs !== undefined) {
    const namespaces = snapshot.read("namespaces", "");
    if (namespaces.state === "pending") return null;
    namespace = namespaceOf({ name: group, region: kecs.region }, objectsOf(namespaces).values());
  }
  const services = snapshot.read("services", namespace);
  if (pending(services)) return null;
  const names = kecs === undefined ? [name] : serviceObjectNames(name);
  const found = names.flatMap((one) => objectsOf(services).get(one) ?? [])[0];
  return found?.ports.map(({ port }) => port) ?? [];
}
