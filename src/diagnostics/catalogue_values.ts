import type { CatalogueEntry } from "./catalogue.ts";

const HEAD = "version: 1\nclusters: { play: { sandbox: {} } }\n";
const yaml = (text: string) => ({ kind: "yaml", text: HEAD + text } as const);
const forward = (text: string) => yaml(`forwards:\n  web: { service: default/web, port: 80, ${text} }\n`);

/** Codes for keys and values that are wrong by themselves. */
export const VALUE_ENTRIES = {
  PF0014: {
    title: "Wrong type",
    explanation:
      "The value is of another type than the key takes: text instead of a mapping, a number instead of text. " +
      "Text that looks like a number, `true` or `null` needs quotes.",
    example: forward("reconnect: maybe"),
  },
  PF0015: {
    title: "Unknown key",
    explanation: "The key means nothing at this place, so it would be ignored. Keys are case-sensitive.",
    example: forward("blance: sticky"),
  },
  PF0016: {
    title: "Missing key",
    explanation: "A key that has no default is not there, or has no value.",
    example: yaml("forwards:\n  web: { service: default/web }\n"),
  },
  PF0017: {
    title: "Not supported yet",
    explanation:
      "The key or value belongs to version 1 of the file, but this version of berth does nothing with it. It is " +
      "refused instead of ignored, so that a file never promises what does not happen.",
    example: forward("route: kubectl"),
  },
  PF0018: {
    title: "Version not supported",
    explanation: "The file's `version` says how the rest is to be read. The only one there is so far is 1.",
    example: { kind: "yaml", text: "version: 2\n" },
  },
  PF0019: {
    title: "Unknown value",
    explanation: "The key takes one of a few words, and this is none of them.",
    example: forward("route: fast"),
  },
  PF0020: {
    title: "Port out of range",
    explanation: "A port is a whole number from 1 to 65535.",
    example: forward("local: 80800"),
  },
  PF0021: {
    title: "Local port not understood",
    explanation:
      'A local port is a number (`8080`), a range of which the first free port is taken (`"9100-9110"`, the lower ' +
      "port first), or `auto`.",
    example: forward("local: 9110-9100"),
  },
  PF0022: {
    title: "Port name not understood",
    explanation:
      "The port of a target is a number, or the name that the Service or container gives it: up to 15 small " +
      "letters, digits and single dashes, with at least one letter.",
    example: yaml("forwards:\n  web: { service: default/web, port: http_port }\n"),
  },
  PF0023: {
    title: "Duration not understood",
    explanation: "A duration is written with units: `300ms`, `5s`, `1m`, `1m30s`, `1h`. At most 24 hours.",
    example: forward("hold: 5"),
  },
  PF0024: {
    title: "Number out of range",
    explanation: "The number is smaller or larger than the key takes, or not a whole one.",
    example: forward("health: { failures: 0 }"),
  },
  PF0025: {
    title: "Address not understood",
    explanation:
      "`bind` takes IP addresses of this machine: `127.0.0.1`, `::1`. Names such as `localhost` are not looked up.",
    example: forward("bind: [localhost]"),
  },
  PF0026: {
    title: "Listens on every address",
    explanation:
      "A forward bound to `0.0.0.0` or `::` can be reached by every machine on the network, without a password. " +
      "This is a warning: it is allowed.",
    example: forward('bind: ["0.0.0.0"]'),
  },
  PF0027: {
    title: "Name not understood",
    explanation:
      "Forwards and clusters are named with letters, digits, `.`, `_` and `-`, beginning and ending with a letter or " +
      "digit, up to 63 characters.",
    example: yaml("forwards:\n  my web: { service: default/web, port: 80 }\n"),
  },
  PF0028: {
    title: "Empty value",
    explanation: "The list, mapping or text has nothing in it, and that has no meaning here.",
    example: forward("bind: []"),
  },
  PF0029: {
    title: "Listed twice",
    explanation: "The same address is in the list twice.",
    example: forward("bind: [127.0.0.1, 127.0.0.1]"),
  },
  PF0030: {
    title: "Probe not understood",
    explanation: "A probe is `tcp`, `none`, `{ http: { path: /healthz } }` or `{ exec: [command, argument] }`.",
    example: forward("health: { probe: { http: { path: healthz } } }"),
  },
  PF0031: {
    title: "First wait longer than the longest",
    explanation:
      "`backoff.initial` is the first wait between attempts and grows up to `backoff.max`, so it cannot be longer.",
    example: forward("backoff: { initial: 2m }"),
  },
  PF0032: {
    title: "Path not understood",
    explanation:
      "`~` stands for the home folder only at the start of a path, and only where the home folder is known; " +
      "`~name` is not looked up.",
    example: { kind: "yaml", text: "version: 1\nclusters: { staging: { kubeconfig: ~anna/.kube/config } }\n" },
  },
} as const satisfies Record<string, CatalogueEntry>;
