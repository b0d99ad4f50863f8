import type { Kind, KubeObjects } from "../objects.ts";
import type { Reading } from "../watch_cache.ts";
import type { Snapshot } from "./snapshot.ts";

/** A snapshot in which the UDP ports of Services, slices and pods stand in the place of their TCP ports. */
export function udpView(snapshot: Snapshot): Snapshot {
  return {
    read<K extends Kind>(kind: K, namespace: string): Reading<KubeObjects[K]> {
      const reading = snapshot.read(kind, namespace);
      if (reading.state !== "ready") return reading;
      return { ...reading, objects: new Map([...reading.objects].map(([name, one]) => [name, withUdp(one)])) };
    },
  };
}

function withUdp<T extends object>(object: T): T {
  return "udpPorts" in object ? { ...object, ports: object.udpPorts } : object;
}
