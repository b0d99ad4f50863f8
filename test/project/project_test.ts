/** What the project promises of itself: one version, exact dependencies, least privilege, a lock without hosts. */
import assert from "node:assert/strict";
import { VERSION } from "../../src/version.ts";

const root = new URL("../..", import.meta.url);
const project = JSON.parse(await Deno.readTextFile(new URL("deno.json", root))) as {
  version: string;
  imports: Record<string, string>;
  tasks: Record<string, { description: string; command?: string }>;
};

Deno.test("the program says the version of deno.json", () => {
  assert.equal(VERSION, project.version);
});

Deno.test("every dependency is of one exact version, from npm", () => {
  for (const [name, from] of Object.entries(project.imports)) {
    assert.match(from, /^npm:(@[\w-]+\/)?[\w-]+@\d+\.\d+\.\d+$/, name);
  }
});

/** One reads other processes' CPU time in `/proc`, two drive a browser through pipes: Deno opens both only to a program with all permissions. */
const ALL_PERMISSIONS = ["bench", "screenshot", "test:browser"];

Deno.test("every task is described, and none has all permissions but those with a reason", () => {
  for (const [name, { description, command }] of Object.entries(project.tasks)) {
    assert.ok(description.length > 10, name);
    if (!ALL_PERMISSIONS.includes(name)) assert.doesNotMatch(command ?? "", /(^|\s)(-A|--allow-all)(\s|$)/, name);
  }
});

/** The verbs that read the workspace: the file may name any variable, so they must see all of them. */
const READ_THE_FILE = [
  ...["up", "plan", "status", "wait", "start", "stop", "list", "add", "remove"],
  ...["exec", "validate", "doctor", "config", "top", "service"],
];

Deno.test("a task that reads forwards.yaml sees every variable that the file may name", () => {
  for (const name of READ_THE_FILE) {
    const command = project.tasks[name]?.command ?? "";
    assert.match(command, /--allow-env(\s|$)/, name);
    assert.doesNotMatch(command, /--ignore-env/, name);
  }
});

Deno.test("there is no package.json", async () => {
  await assert.rejects(Deno.stat(new URL("package.json", root)), Deno.errors.NotFound);
});
