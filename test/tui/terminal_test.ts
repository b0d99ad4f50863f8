/** The real `up` on a real terminal: what a person sees and presses, at three sizes. */
import assert from "node:assert/strict";
import { displayWidth } from "../../src/view/text.ts";
import { freePort } from "../wiring/rig.ts";
import { hasTmux, Tmux } from "./tmux.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const ignore = !(await hasTmux());
if (ignore) {
  await Deno.stderr.write(new TextEncoder().encode("NOT RUN: the screen on a real terminal: tmux is not here\n"));
}

interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

async function stage(): Promise<Stage> {
  // A short path: tmux' socket lies in it.
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "berth-tui-" }));
  const env = {
    XDG_STATE_HOME: `${folder}/state`,
    XDG_RUNTIME_DIR: `${folder}/run`,
    TERM: "xterm-256color",
    LC_ALL: "C.UTF-8",
    EDITOR: `${folder}/editor`,
    VISUAL: "",
  };
  await Deno.mkdir(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  await Deno.writeTextFile(env.EDITOR, '#!/bin/sh\necho "EDITING $1 $2"\nread answer\necho "$answer" > "$0.answer"\n', {
    mode: 0o755,
  });
  return { folder, env, [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
}

const run = (verb: string, file: string) => `cd '${ROOT}' && '${Deno.execPath()}' task --quiet ${verb} -f '${file}'`;

/** Each line fits, and the terminal is used from top to bottom. */
function fits(lines: readonly string[], { cols, rows }: { readonly cols: number; readonly rows: number }): void {
  assert.ok(lines.length <= rows, `${lines.length} lines in ${rows} rows`);
  for (const line of lines) assert.ok(displayWidth(line) <= cols, `${cols}: ${line}`);
}

for (const [cols, rows] of [[80, 24], [40, 10], [300, 100]] as const) {
  Deno.test({ name: `up on a terminal of ${cols}x${rows}: from the start to the drain`, ignore }, async () => {
    await using here = await stage();
    const { folder, env } = here;
    const file = `${folder}/forwards.yaml`;
    const [web, api, other] = [freePort(), freePort(), freePort()];
    const text = [
      "version: 1",
      "clusters: { play: { sandbox: {} } }",
      "forwards:",
      `  web: { cluster: play, service: default/web, port: 80, local: ${web} }`,
      `  api: { cluster: play, service: default/api, port: http, local: ${api} }`,
      "",
    ].join("\n");
    await Deno.writeTextFile(file, text);
    await using tmux = await Tmux.start(run("up", file), { folder, cols, rows, env });
    const size = { cols, rows };

    fits(await tmux.shows(/2 of 2 active/), size);

    await tmux.press("/", "a", "p", "i");
    const filtered = await tmux.shows(/\/api_/);
    assert.ok(!filtered.some((line) => /^.? ?web /.test(line)), filtered.join("\n"));
    await tmux.press("Enter");
    await tmux.press("Enter");
    fits(await tmux.shows(/^api$[^]*target +service default\/api:http/m), size);
    await tmux.press("Escape");
    await tmux.shows(/\/api {2}1 of 2/);
    await tmux.press("Escape");
    await tmux.shows(/^.? ?web /m);

    await tmux.press("g");
    await tmux.press("s");
    await tmux.shows(/web .*■ Stopped/);
    await assert.rejects(Deno.connect({ hostname: "127.0.0.1", port: web }));
    await tmux.press("s");
    await tmux.shows(/web .*● Active/);
    (await Deno.connect({ hostname: "127.0.0.1", port: web })).close();

    await Deno.writeTextFile(file, text.replace(`local: ${api}`, "local: 80800"));
    fits(await tmux.shows(/error\[PF\d+\]/), size);
    await tmux.press("e");
    await tmux.shows(/EDITING \+5/);
    await tmux.press("done", "Enter");
    await tmux.shows(/error\[PF\d+\]/);
    assert.equal(await Deno.readTextFile(`${env.EDITOR}.answer`), "done\n", "the editor had the keyboard to itself");
    await Deno.writeTextFile(file, text.replace(`local: ${api}`, `local: ${other}`));
    await tmux.shows(new RegExp(`api .*:${other} `));

    await tmux.press("p");
    await tmux.shows(/No changes/);
    // An ESC with another key close behind would be Alt and that key: as a person does, look before going on.
    const table = /2 of 2 active[^]*web .*● Active/;
    await tmux.press("Escape");
    await tmux.shows(table);
    await tmux.press("l");
    await tmux.shows(/forward:api {2}Active|reload {2}Revision/);
    await tmux.press("Escape");
    await tmux.shows(table);
    await tmux.press("?");
    await tmux.shows(/PgUp PgDn by/);
    await tmux.press("Escape");
    await tmux.shows(table);

    await tmux.resize(60, 15);
    fits(await tmux.shows(/2 of 2 active[^]*stop all/), { cols: 60, rows: 15 });

    // A connection that is open is let finish, and that is shown.
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: web });
    try {
      await connection.write(new TextEncoder().encode("GET / HTTP/1.1\r\n"));
      await tmux.press("q");
      await tmux.shows(/Stopping\.|EXIT 130/);
      await tmux.press("q");
    } finally {
      connection.close();
    }
    const after = await tmux.shows(/EXIT 130/);
    assert.ok(!after.some((line) => /NAME .*STATUS/.test(line)), "what was on the screen before is back");
  });
}

Deno.test({ name: "a plan is approved on a real terminal", ignore }, async () => {
  await using here = await stage();
  const { folder, env } = here;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const script = new URL("approving.ts", import.meta.url).pathname;
  await using tmux = await Tmux.start(`'${Deno.execPath()}' run -q --frozen -A --config '${config}' '${script}'`, {
    folder,
    cols: 80,
    rows: 24,
    env,
  });
  await tmux.shows(/2 of 5 active/);
  await tmux.press("p");
  await tmux.shows(/0 of 1 gated marked|0 of 1 gate/);
  await tmux.press("G");
  await tmux.shows(/▸ \[ \]/);
  await tmux.press("Space");
  await tmux.shows(/▸ \[x\]/);
  await tmux.press("Enter");
  await tmux.shows(/1 action approved/);
  await tmux.press("q");
  await tmux.shows(/approved mapping:dev\/8080-30880-tcp/);
});

Deno.test({ name: "a screen that is ended by a bug or a signal gives the terminal back", ignore }, async () => {
  await using here = await stage();
  const { folder, env } = here;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const script = new URL("approving.ts", import.meta.url).pathname;
  for (const end of ["throw", "SIGQUIT", "exit"]) {
    await using tmux = await Tmux.start(
      `'${Deno.execPath()}' run -q --frozen -A --config '${config}' '${script}' ${end}`,
      {
        folder,
        cols: 80,
        rows: 24,
        env,
      },
    );
    await tmux.shows(/2 of 5 active/);
    await tmux.press("l");
    await tmux.press("x");
    const after = await tmux.shows(/EXIT (?:1|131|3)\b/);
    assert.ok(!after.some((line) => line.includes("of 5 active")), `${end}: ${after.join("\n")}`);
    // The cursor is there, and lines are read again: what is typed is seen.
    await tmux.press("typed");
    await tmux.shows(/typed/);
  }
});
