import assert from "node:assert/strict";
import { readJson, StateError, writeJson } from "../../src/state/atomic_json.ts";
import { inDirectory, namesIn } from "./directory.ts";

const any = (value: unknown) => value;
const isList = (value: unknown) => Array.isArray(value) ? value : undefined;

Deno.test("json: what is written is read, for this user alone, and nothing else is left", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/a/b/state.json`;
    assert.deepEqual(await readJson(path, any), { kind: "absent" });
    await writeJson(path, { one: 1 });
    await writeJson(path, { two: [2, "ü"] });
    assert.deepEqual(await readJson(path, any), { kind: "ok", value: { two: [2, "ü"] } });
    assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
    assert.equal(((await Deno.stat(`${dir}/a/b`)).mode ?? 0) & 0o777, 0o700);
    assert.deepEqual(await namesIn(`${dir}/a/b`), ["state.json"]);
  }));

for (
  const [name, text, message] of [
    ["half a file", '{"one": ', "it is not JSON"],
    ["empty", "", "it is not JSON"],
    ["another shape", '{"one": 1}', "it does not have the shape that was expected"],
  ] as const
) {
  Deno.test(`json: ${name} is set aside and reported, and writing goes on`, () =>
    inDirectory(async (dir) => {
      const path = `${dir}/state.json`;
      await Deno.writeTextFile(path, text);
      const broken = { kind: "broken", message: `${path}: ${message}`, setAside: `${path}.broken` };
      assert.deepEqual(await readJson(path, isList), broken);
      assert.equal(await Deno.readTextFile(`${path}.broken`), text);
      assert.deepEqual(await readJson(path, isList), { kind: "absent" });
      await writeJson(path, [1]);
      assert.deepEqual(await readJson(path, isList), { kind: "ok", value: [1] });
    }));
}

Deno.test("json: a symbolic link is neither read through nor written through", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/state.json`;
    await Deno.writeTextFile(`${dir}/precious`, "[1]");
    await Deno.symlink(`${dir}/precious`, path);
    await assert.rejects(writeJson(path, [2]), (error) =>
      error instanceof StateError && /no plain file/.test(error.message));
    const read = await readJson(path, any);
    assert.equal(read.kind, "broken");
    assert.equal(await Deno.readTextFile(`${dir}/precious`), "[1]");
    assert.deepEqual(await namesIn(dir), ["precious", "state.json.broken"]);
  }));

Deno.test("json: a directory in its place is reported, never fatal", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/state.json`;
    await Deno.mkdir(`${path}/full`, { recursive: true });
    await assert.rejects(writeJson(path, 1), StateError);
    assert.equal((await readJson(path, any)).kind, "broken");
    await writeJson(path, 1);
    assert.deepEqual(await readJson(path, any), { kind: "ok", value: 1 });
  }));

Deno.test("json: a directory that cannot be made is a typed failure", () =>
  inDirectory(async (dir) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    await assert.rejects(writeJson(`${dir}/file/state.json`, 1), StateError);
  }));

Deno.test("json: writers at the same time leave one whole value", () =>
  inDirectory(async (dir) => {
    const path = `${dir}/state.json`;
    const values = Array.from({ length: 20 }, (_, index) => Array.from({ length: 500 }, () => index));
    await Promise.all(values.map((value) => writeJson(path, value)));
    const read = await readJson(path, isList);
    assert.ok(read.kind === "ok" && read.value.length === 500 && new Set(read.value).size === 1);
    assert.deepEqual(await namesIn(dir), ["state.json"]);
  }));
