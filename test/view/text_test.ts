import assert from "node:assert/strict";
import { listenText, portsText } from "../../src/view/address_text.ts";
import { eventText, isBadEvent } from "../../src/view/events_text.ts";
import { infoText, reasonText } from "../../src/view/info_text.ts";
import { cut, cutStart, displayWidth, oneLine, wrap } from "../../src/view/text.ts";
import { decideAscii, decideColor, makeTheme } from "../../src/view/theme.ts";
import { age, duration, until } from "../../src/view/time_text.ts";
import { port } from "../../src/model/port.ts";
import { ago, forward, NOW } from "./fixtures.ts";
import { openGoldens } from "./golden.ts";

const goldens = openGoldens("view");
const permissions = "none";

function envOf(vars: Readonly<Record<string, string>>): (name: string) => string | undefined {
  return (name) => vars[name];
}

Deno.test({ name: "colour is decided by the first that speaks", permissions }, () => {
  const cases: readonly (readonly ["auto" | "always" | "never", Readonly<Record<string, string>>, boolean, boolean])[] =
    [
      ["auto", {}, true, true],
      ["auto", {}, false, false],
      ["always", { NO_COLOR: "1", TERM: "dumb" }, false, true],
      ["never", { FORCE_COLOR: "1" }, true, false],
      ["auto", { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
      ["auto", { NO_COLOR: "" }, true, true],
      ["auto", { FORCE_COLOR: "1" }, false, true],
      ["auto", { FORCE_COLOR: "0" }, true, false],
      ["auto", { CLICOLOR_FORCE: "1", TERM: "dumb" }, false, true],
      ["auto", { CLICOLOR_FORCE: "0" }, false, false],
      ["auto", { TERM: "dumb" }, true, false],
    ];
  for (const [choice, vars, isTerminal, expected] of cases) {
    assert.equal(
      decideColor(choice, { env: envOf(vars), isTerminal }),
      expected,
      JSON.stringify([choice, vars, isTerminal]),
    );
  }
});

Deno.test({ name: "ASCII where the terminal or the locale has no Unicode", permissions }, () => {
  assert.equal(decideAscii(envOf({})), false);
  assert.equal(decideAscii(envOf({ LANG: "en_US.UTF-8" })), false);
  assert.equal(decideAscii(envOf({ LANG: "de_DE.ISO-8859-1" })), true);
  assert.equal(decideAscii(envOf({ LC_ALL: "en_US.utf8", LANG: "de_DE.ISO-8859-1" })), false);
  assert.equal(decideAscii(envOf({ LANG: "C" })), false);
  assert.equal(decideAscii(envOf({ TERM: "linux", LANG: "en_US.UTF-8" })), true);
});

Deno.test({ name: "durations, ages and times to come", permissions }, () => {
  const said = [-5, 0, 999, 59_999, 60_000, 192_000, 3_600_000, 7_500_000, 90_000_000, 86_400_000 * 30].map(duration);
  assert.deepEqual(said, ["0s", "0s", "0s", "59s", "1m", "3m12s", "1h", "2h5m", "1d1h", "30d"]);
  assert.equal(age(ago(2), NOW), "2s");
  assert.equal(age("nonsense", NOW), null);
  assert.equal(until(new Date(NOW + 2100).toISOString(), NOW), "3s");
  assert.equal(until(ago(4), NOW), "0s");
  assert.equal(until(null, NOW), null);
});

Deno.test({ name: "listening addresses as a person would type them", permissions }, () => {
  assert.equal(listenText(["127.0.0.1:3000", "[::1]:3000"]), "localhost:3000");
  assert.equal(listenText(["[::1]:3000", "127.0.0.1:3000", "10.0.0.5:3000"]), "localhost:3000,10.0.0.5:3000");
  assert.equal(listenText(["127.0.0.1:3000", "[::1]:3001"]), "127.0.0.1:3000,[::1]:3001");
  assert.equal(listenText(["0.0.0.0:80"]), "0.0.0.0:80");
  assert.equal(listenText([]), "");
  assert.equal(portsText([{ host: "127.0.0.1", port: port(80) }, { host: "::1", port: port(80) }]), ":80");
});

Deno.test({ name: "text from outside becomes one harmless line", permissions }, () => {
  assert.equal(oneLine("a\u001b[31mred\u001b[0m\r\nb\u0007\u202eevil"), "ared b evil");
  assert.equal(oneLine("\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\"), "link");
});

Deno.test({ name: "widths, cuts and wraps know wide characters", permissions }, () => {
  assert.equal(displayWidth("abc"), 3);
  assert.equal(displayWidth("日本"), 4);
  assert.equal(displayWidth("e\u0301"), 1);
  assert.equal(displayWidth("🚀"), 2);
  assert.equal(displayWidth("\u001b[1mab\u001b[22m"), 2);
  assert.equal(cut("abcdef", { width: 4, ellipsis: "…" }), "abc…");
  assert.equal(cut("日本語", { width: 4, ellipsis: "…" }), "日…");
  assert.equal(cut("abcdef", { width: 2, ellipsis: "..." }), "..");
  assert.equal(cut("abc", { width: 3, ellipsis: "…" }), "abc");
  assert.equal(cutStart("default/web:80", { width: 7, ellipsis: "…" }), "…web:80");
  assert.equal(cutStart("日本語", { width: 4, ellipsis: "…" }), "…語");
  assert.deepEqual(wrap("one two three", 7), ["one two", "three"]);
  assert.deepEqual(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
  assert.deepEqual(wrap("日本", 1), ["日", "本"]);
  assert.deepEqual(wrap("", 4), [""]);
});

Deno.test({ name: "what is said of a forward beside its state", permissions }, () => {
  assert.equal(infoText(forward("a"), NOW), "checked 2s ago");
  assert.equal(
    infoText(forward("a", { message: "direct failed, tunnel in use" }), NOW),
    "direct failed, tunnel in use; checked 2s ago",
  );
  const next = new Date(NOW + 2600).toISOString();
  assert.equal(
    infoText(forward("a", { status: "Reconnecting", reason: "no-endpoints", nextRetry: next, attempt: 2 }), NOW),
    "nothing is ready behind the target; retry in 3s (attempt 2)",
  );
  assert.equal(infoText(forward("a", { status: "Starting", attempt: 1 }), NOW), "attempt 1");
  assert.equal(infoText(forward("a", { status: "Stopped" }), NOW), "");
  assert.equal(reasonText("a-reason-of-tomorrow"), "a-reason-of-tomorrow");
  assert.equal(reasonText("toString"), "toString");
});

Deno.test({ name: "events, a line each", permissions: goldens.permissions }, () => {
  const theme = makeTheme({ color: false, ascii: false });
  const base = { time: ago(5), key: "forward:web", status: null, reason: null, message: "" };
  const events = [
    { ...base, type: "status", status: "Active", message: "NodePort 30080 answers on 172.18.0.2" },
    { ...base, type: "status", status: "Reconnecting", reason: "no-endpoints", message: "no pod is ready" },
    { ...base, type: "switch", message: "pod default/web-0 → pod default/web-1" },
    { ...base, type: "reload", key: null, message: "revision 8: 1 to change" },
    {
      ...base,
      type: "diagnostic",
      key: null,
      status: "error",
      reason: "PF0012",
      message: "local port 8080 is used by both 'web' and 'api'",
    },
    { ...base, type: "daemon", key: null, message: "multi\nline\u001b[2J" },
  ];
  goldens.check("events.txt", events.map((event) => eventText(event, { theme, offset: 120 }) + "\n").join(""));
  assert.deepEqual(events.map(isBadEvent), [false, true, false, false, true, false]);
});
