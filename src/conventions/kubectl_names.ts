/** The program that a distribution of Kubernetes calls by another name, or by a version: `kubectl.1.31` is what Google's SDK starts. */
const KUBECTL = /^(?:(?:microk8s\.)?kubectl(?:\.\d+)*|oc|k)$/;

/** Whether a program of this name, without its folder, is kubectl, or takes kubectl's words as `oc` does. */
export function isKubectl(name: string): boolean {
  return KUBECTL.test(name);
}
