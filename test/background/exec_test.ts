/** `exec` as a script uses it: what reaches its command, and what comes back. */
import assert from "node:assert/strict";
import { Place } from "./place.ts";

const WORKSPACE = ([web]: readonly number[]): string =>
  `version: 1
clusters: { play: { sandbox: {} } }
forwards:
  web: { service: default/web, port: 80, local: ${web} }
`;

/** Says that it is there, and what signal it got. */
const LISTENING = 'trap "echo got INT; exit 7" INT; trap "echo got TERM; exit 9" TERM; echo ready $BERTH_WEB_PORT; ' +
  "while :; do sleep 0.05; done";
/** Says that it is there, and does nothing about signals. */
const DEAF = "echo ready $BERTH_WEB_PORT; exec sleep 120";

/** Runs `exec` until its command is there, sends berth a signal, and resolves with how that ended. */
async function signalled(
  place: Place,
  { signal, script }: { readonly signal: Deno.Signal; readonly script: string },
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = place.command("exec", "web", "--timeout=60s", "--", "sh", "-c", script).spawn();
  const err = new Response(child.stderr).text();
  let out = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (out === "") child.kill(signal);
    out += text;
  }
  return { code: (await child.status).code, out, err: await err };
}

const CASES: readonly (readonly [signal: Deno.Signal, script: string, code: number, said: string])[] = [
  ["SIGINT", LISTENING, 7, "got INT\n"],
  ["SIGTERM", LISTENING, 9, "got TERM\n"],
  ["SIGINT", DEAF, 130, ""],
  ["SIGTERM", DEAF, 143, ""],
];

for (const [running, begin] of [["an up of its own", false], ["a running up", true]] as const) {
  Deno.test(`exec on ${running}: SIGINT and SIGTERM reach the command, and its exit code comes back`, async () => {
    await using place = await Place.make(WORKSPACE);
    if (begin) assert.equal((await place.berth("up", "-d", "--wait=60s")).code, 0);
    for (const [signal, script, code, said] of CASES) {
      const ended = await signalled(place, { signal, script });
      assert.deepEqual([ended.code, ended.out], [code, `ready ${place.ports[0]}\n${said}`], `${signal}: ${ended.err}`);
    }
    const { code, said } = await place.berth("exec", "--timeout=60s", "--", "sh", "-c", "exit 42");
    assert.equal(code, 42, said);
    if (begin) assert.equal((await place.berth("down")).code, 0);
    assert.equal(await place.holder(), null);
  });
}
