/** A name of a forward or cluster, as `propertyNames` of the schema and in checks. */
export const NAME_PATTERN = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$";

/** The name of a port, as a pattern of the schema. RFC 6335, as Kubernetes checks it: also without a dash at an end and without two in a row. */
export const PORT_NAME_PATTERN = "^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$";

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const LABEL_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

/** Whether `name` may name a Namespace or a Service: an RFC 1123 label, up to 63 characters. */
export function isDnsLabel(name: string): boolean {
  return name.length <= 63 && LABEL.test(name);
}

/** Whether `name` may name a pod, Deployment or StatefulSet: an RFC 1123 subdomain, up to 253 characters. */
export function isDnsSubdomain(name: string): boolean {
  return name.length <= 253 && name.split(".").every((part) => LABEL.test(part));
}

/** Whether `key` may be a label's key: `name` or `prefix/name`, the prefix an RFC 1123 subdomain. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf("/");
  return LABEL_NAME.test(key.slice(slash + 1)) && (slash < 0 || isDnsSubdomain(key.slice(0, slash)));
}

/** Whether `value` may be a label's value. It may be empty. */
export function isLabelValue(value: string): boolean {
  return value === "" || LABEL_NAME.test(value);
}

/** What is wrong with a Kubernetes name and how to mend it, in words that follow the name. */
export function nameHelp(name: string, longest: 63 | 253): string {
  const fits = longest === 63 ? isDnsLabel : isDnsSubdomain;
  const mended = name.toLowerCase().replace(/[_\s]/g, "-");
  if (name.includes(":")) return "the port goes under 'port'";
  if (fits(mended)) return `did you mean '${mended}'?`;
  if (name.length > longest) return `it has ${name.length} characters, at most ${longest} are allowed`;
  const dots = longest === 63 ? "" : ", '.'";
  return `use small letters, digits${dots} and '-', beginning and ending with a letter or digit`;
}
