import type { Json } from "../model/json.ts";

/** What stands in place of a secret. */
export const REDACTED = "[redacted]";

/**
 * Names of fields, in lower case with `_` between words, whose value is never shown, whatever it is. `key` alone is none of them: it is a
 * resource's key here.
 */
const SECRET_NAME = new RegExp(
  `^(?:.*_)?(?:${
    [
      "tokens?",
      "passw(?:or)?d",
      "passphrase",
      "secret",
      "authorization",
      "cookie",
      "credentials?",
      "bearer",
      "(?:private|client|api|access|secret)_?key(?:_?data)?",
      "cert(?:ificate)?(?:_authority)?(?:_data)?",
      "ca_?certs?",
    ].join("|")
  })$`,
);

/** Text that is secret wherever it stands, and what is put in its place. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // PEM blocks, keys and certificates alike, also cut off; then the same in base64, as a kubeconfig holds them.
  [/-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g, REDACTED],
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/]*={0,2}/g, REDACTED],
  // JSON web tokens.
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}/g, REDACTED],
  [/\b([Bb]earer|BEARER|[Bb]asic|BASIC)\s+(?=[^\s"',]*[0-9A-Z=])[^\s"',]{6,}/g, `$1 ${REDACTED}`],
  // Tokens of k3s: `K10<hash>::server:<password>`.
  [/\bK10[0-9a-f]{16,}(?:::[^\s"',]+)?/g, REDACTED],
  // Credentials in a URL.
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi, `$1${REDACTED}@`],
  // Access keys of AWS; tokens of EKS, GitHub and Google.
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, REDACTED],
  [/\b(?:k8s-aws-v1\.[A-Za-z0-9_-]+|gh[pousr]_[A-Za-z0-9]{20,}|ya29\.[A-Za-z0-9_-]+)/g, REDACTED],
  // `--token abc`, and `token=abc` or `"password": "abc"` inside text.
  [/(--(?:token|password|secret)[\s=]+)\S+/gi, `$1${REDACTED}`],
  [
    /((?:token|passw(?:or)?d|secret|api[-_]?key|access[-_]?key|key[-_]data|certificate[-_]data)["']?\s*[=:]\s*["']?)(?!\[redacted\])[^\s"',;&}]{6,}/gi,
    `$1${REDACTED}`,
  ],
];

/** `text` without anything that looks like a token, a certificate, a key or a password. Rather too much than too little. */
export function redactText(text: string): string {
  return PATTERNS.reduce((rest, [pattern, instead]) => rest.replace(pattern, instead), text);
}

/** How deep a value is shown. */
const DEPTH = 6;

/**
 * `value` as JSON can carry it, without secrets: by the names of its fields and by what their text looks like. Bytes become their
 * number, errors their message and cause. Never throws.
 */
export function redactValue(value: unknown, depth: number = DEPTH): Json {
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "object":
      return value === null ? null : depth === 0 ? "…" : redactObject(value, depth - 1);
    case "undefined":
      return null;
    case "function":
      return "[function]";
    default:
      return redactText(String(value));
  }
}

function redactObject(value: object, depth: number): Json {
  if (value instanceof Error) {
    const words = redactText(`${value.name}: ${value.message}`);
    return value.cause === undefined ? words : { error: words, cause: redactValue(value.cause, depth) };
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactText(value.href);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[no date]" : value.toISOString();
  if (Array.isArray(value) || value instanceof Set) return [...value].map((one) => redactValue(one, depth));
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : ownEntries(value);
  return Object.fromEntries(entries.map(([name, one]) => {
    const field = redactText(String(name));
    return [field, isSecretName(field) && !isPlain(one) ? REDACTED : redactValue(one, depth)];
  }));
}

/** Fields with their values; a getter that throws counts for what it says. */
function ownEntries(value: object): readonly (readonly [string, unknown])[] {
  return Object.keys(value).map((name) => {
    try {
      return [name, Object.getOwnPropertyDescriptor(value, name)?.value] as const;
    } catch {
      return [name, "[unreadable]"] as const;
    }
  });
}

/** Whether a field of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[-.\s]/g, "_").toLowerCase());
}

/** What cannot be a secret itself: that a token is there, or how many there are, may be said. */
function isPlain(value: unknown): boolean {
  return value === null || value === undefined || typeof value === "boolean" || typeof value === "number";
}
