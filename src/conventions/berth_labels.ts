import { shortDigest } from "../model/k3d.ts";

/** On what a program keeps, by Kubernetes' own convention: which program. */
export const LABEL_MANAGED_BY = "app.kubernetes.io/managed-by";
/** Its value on what berth made. */
export const MANAGED_BY = "berth";
/** On what berth made: for which workspace. */
export const LABEL_WORKSPACE = "berth.dev/workspace";
/** On what berth made: for which forward. */
export const LABEL_FORWARD = "berth.dev/forward";

/** `text` as a label's value: itself where it can be one, else what is left of it and a digest that tells it from others. */
export function labelValue(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  const kept = text.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "").slice(0, 46);
  return `${kept}${kept === "" ? "" : "-"}${shortDigest(text)}`;
}

/** The labels of what berth makes for a forward of a workspace. */
export function ownLabels({ workspace, forward }: {
  readonly workspace: string;
  readonly forward: string;
}): Readonly<Record<string, string>> {
  return {
    [LABEL_MANAGED_BY]: MANAGED_BY,
    [LABEL_WORKSPACE]: labelValue(workspace),
    [LABEL_FORWARD]: labelValue(forward),
  };
}

/** The name of a companion Service of a forward: `berth-<forward>`, as an RFC 1123 label. `other`: where that name is taken by somebody else. */
export function companionName(forward: string, other = false): string {
  const plain = forward.toLowerCase();
  if (!other && plain.length <= 57 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(plain)) return `berth-${plain}`;
  const kept = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "").slice(0, 40).replace(/-$/, "");
  return `berth-${kept}${kept === "" ? "" : "-"}${shortDigest(forward)}`;
}
