import assert from "node:assert/strict";
import fc from "fast-check";
import { isSecretName, REDACTED, redactText, redactValue } from "../../src/telemetry/redact.ts";

const PEM = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB\n-----END EC PRIVATE KEY-----";
// A header and a body as a service account's token has them; it opens nothing.
const JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl";

for (
  const [text, expected] of [
    [`key ${PEM} end`, `key ${REDACTED} end`],
    ["-----BEGIN CERTIFICATE-----\nMIIB cut off", REDACTED],
    [`data: ${btoa("-----BEGIN CERTIFICATE-----\nMIIBdzCC")}`, `data: ${REDACTED}`],
    [`token ${JWT}.`, `token ${REDACTED}`],
    ["Authorization: Bearer abc123XYZ", `Authorization: Bearer ${REDACTED}`],
    ["the bearer of good news", "the bearer of good news"],
    ["basic authentication", "basic authentication"],
    ["Basic dXNlcjpwYXNz", `Basic ${REDACTED}`],
    ["K10deadbeefdeadbeefdeadbeef::server:pw", REDACTED],
    ["https://ada:pa55@host:6443/x", `https://${REDACTED}@host:6443/x`],
    ["https://host:6443/api@v1", "https://host:6443/api@v1"],
    ["AKIAIOSFODNN7EXAMPLE", REDACTED],
    ["k8s-aws-v1.aHR0cHM6Ly9zdHM", REDACTED],
    ["k3d --token abc create", `k3d --token ${REDACTED} create`],
    ['{"password": "hunter22"}', `{"password": "${REDACTED}"}`],
    ["client-key-data: LS0tLS1CRUdJTiBS", `client-key-data: ${REDACTED}`],
    ["token=abcdef123&x=1", `token=${REDACTED}&x=1`],
    ["token expired yesterday", "token expired yesterday"],
    ["port 8080 is in use by nginx (PID 1234)", "port 8080 is in use by nginx (PID 1234)"],
    ["forward:web default/web 172.18.0.2:30080", "forward:web default/web 172.18.0.2:30080"],
  ] as const
) {
  Deno.test(`redact: ${JSON.stringify(text).slice(0, 60)}`, () => assert.equal(redactText(text), expected));
}

Deno.test("redact: names of fields", () => {
  for (
    const name of [
      "token",
      "idToken",
      "id-token",
      "PASSWORD",
      "client-key-data",
      "clientKeyData",
      "authorization",
      "AWS_SECRET_ACCESS_KEY",
      "aws_session_token",
      "cert",
      "caCerts",
      "privateKey",
    ]
  ) {
    assert.equal(isSecretName(name), true, name);
  }
  for (const name of ["key", "cluster", "tokenPath", "reason", "name", "secretName", "concert", "keys", "message"]) {
    assert.equal(isSecretName(name), false, name);
  }
});

Deno.test("redact: values, whatever their shape", () => {
  const circle: { self?: unknown; name: string } = { name: "a" };
  circle.self = circle;
  assert.deepEqual(
    redactValue({
      token: "abc",
      password: { inner: "x" },
      hasToken: true,
      tokens: 3,
      list: ["a", `Bearer A${"b".repeat(9)}`],
      bytes: new Uint8Array(12),
      map: new Map([["secret", "x"], ["plain", "y"]]),
      error: new Error("no: token=abcdefg", { cause: new TypeError("deep") }),
      url: new URL("https://u:p@h/"),
      big: 10n,
      when: new Date(0),
      none: undefined,
      nan: NaN,
    }),
    {
      token: REDACTED,
      password: REDACTED,
      hasToken: true,
      tokens: 3,
      list: ["a", `Bearer ${REDACTED}`],
      bytes: "[12 bytes]",
      map: { secret: REDACTED, plain: "y" },
      error: { error: `Error: no: token=${REDACTED}`, cause: "TypeError: deep" },
      url: `https://${REDACTED}@h/`,
      big: "10",
      when: "1970-01-01T00:00:00.000Z",
      none: null,
      nan: "NaN",
    },
  );
  assert.match(JSON.stringify(redactValue(circle)), /…/);
});

Deno.test("redact: any value becomes JSON, and twice is the same as once", () => {
  fc.assert(
    fc.property(
      fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      (value) => {
        const once = redactValue(value);
        assert.equal(typeof JSON.stringify(once), "string");
        assert.deepEqual(redactValue(once, 99), once);
      },
    ),
  );
});

Deno.test("redact: a long text takes no long time", () => {
  const text = "a".repeat(200_000) + "://".repeat(1_000) + "token".repeat(10_000) + "-----BEGIN A".repeat(1_000);
  const started = performance.now();
  redactText(text);
  assert.ok(performance.now() - started < 15_000);
});
