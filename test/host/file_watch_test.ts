import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { type FileState, type FileWatch, readFileState, watchFile } from "../../src/host/file_watch.ts";
import { until } from "../fakes/until.ts";

const clock = systemClock();

/** A watched file in a directory of its own, with the states that were told. */
class Fixture {
  readonly states: FileState[] = [];
  readonly watch: FileWatch;
  readonly path: string;

  constructor(readonly dir: string, name = "forwards.yaml", seen?: FileState) {
    this.path = `${dir}/${name}`;
    this.watch = watchFile(this.path, {
      clock,
      debounce: 30,
      poll: 30,
      ...(seen === undefined ? {} : { seen }),
      onChange: (state) => this.states.push(state),
    });
  }

  /** Waits until the last state told is this one. */
  async shows(expected: FileState): Promise<void> {
    const last = () => JSON.stringify(this.states.at(-1));
    await until(
      () => last() === JSON.stringify(expected),
      () => `${JSON.stringify(expected)} after ${JSON.stringify(this.states)}`,
    );
  }
}

const content = (text: string): FileState => ({ kind: "content", text });

function test(
  name: string,
  body: (fixture: Fixture) => Promise<void>,
  setUp: (dir: string) => Promise<Fixture> = async (dir) => {
    await Deno.writeTextFile(`${dir}/forwards.yaml`, "first");
    return new Fixture(dir);
  },
): void {
  Deno.test(`file watch: ${name}`, async () => {
    const root = await Deno.realPath(await Deno.makeTempDir());
    await Deno.mkdir(`${root}/project`);
    const fixture = await setUp(`${root}/project`);
    try {
      await fixture.watch.ready;
      await body(fixture);
    } finally {
      await fixture.watch.close();
      await Deno.remove(root, { recursive: true });
    }
  });
}

test("a write in place, and a rename over", async (it) => {
  await Deno.writeTextFile(it.path, "second");
  await it.shows(content("second"));
  await Deno.writeTextFile(`${it.dir}/.forwards.yaml.swp`, "third");
  await Deno.rename(`${it.dir}/.forwards.yaml.swp`, it.path);
  await it.shows(content("third"));
  await Deno.writeTextFile(it.path, "fourth");
  await it.shows(content("fourth"));
  assert.equal(it.states.length, 3);
});

test("the same content, and other files, are no change", async (it) => {
  await Deno.writeTextFile(it.path, "first");
  await Deno.utime(it.path, new Date(0), new Date(0));
  await Deno.writeTextFile(`${it.dir}/other.yaml`, "x");
  await Deno.writeTextFile(it.path, "first");
  await Deno.writeTextFile(it.path, "last");
  await it.shows(content("last"));
  assert.deepEqual(it.states, [content("last")]);
});

test("a save in pieces is one change", async (it) => {
  const file = await Deno.open(it.path, { write: true, truncate: true });
  for (const piece of ["ver", "sion", ": 1"]) {
    await file.write(new TextEncoder().encode(piece));
    await clock.sleep(5);
  }
  file.close();
  await it.shows(content("version: 1"));
  assert.equal(it.states.length, 1);
});

test("deleted, and made again", async (it) => {
  await Deno.remove(it.path);
  await it.shows({ kind: "missing" });
  await Deno.writeTextFile(it.path, "again");
  await it.shows(content("again"));
});

test("replaced by a directory, and back", async (it) => {
  await Deno.remove(it.path);
  await Deno.mkdir(it.path);
  await it.shows({ kind: "unreadable", message: "it is a directory" });
  await Deno.remove(it.path);
  await Deno.writeTextFile(it.path, "back");
  await it.shows(content("back"));
});

test("bytes that are no text are said, and do no harm", async (it) => {
  await Deno.writeFile(it.path, new Uint8Array([0xff, 0xfe, 0x80]));
  await it.shows({ kind: "unreadable", message: "it is not UTF-8 text" });
  await Deno.writeTextFile(it.path, "text");
  await it.shows(content("text"));
});

test("its directory removed, and made again", async (it) => {
  await Deno.remove(it.dir, { recursive: true });
  await it.shows({ kind: "missing" });
  await Deno.mkdir(it.dir);
  await Deno.writeTextFile(it.path, "new home");
  await it.shows(content("new home"));
  await Deno.writeTextFile(it.path, "watched there");
  await it.shows(content("watched there"));
});

test("its directory moved away, and another one in its place", async (it) => {
  await Deno.rename(it.dir, `${it.dir}-old`);
  await it.shows({ kind: "missing" });
  await Deno.mkdir(it.dir);
  await Deno.writeTextFile(it.path, "new home");
  await it.shows(content("new home"));
  await Deno.writeTextFile(`${it.dir}-old/forwards.yaml`, "nobody looks here");
  await Deno.writeTextFile(it.path, "watched there");
  await it.shows(content("watched there"));
  assert.equal(it.states.length, 3);
});

test("a symbolic link shows what is written to the file it leads to, and when it leads elsewhere", async (it) => {
  await Deno.symlink("../b/real.yaml", `${it.dir}/next`);
  await Deno.rename(`${it.dir}/next`, it.path);
  await it.shows(content("other"));
  await Deno.symlink("../a/real.yaml", `${it.dir}/next`);
  await Deno.rename(`${it.dir}/next`, it.path);
  await it.shows(content("first"));
  await Deno.writeTextFile(`${it.dir}/../a/real.yaml`, "second");
  await it.shows(content("second"));
  await Deno.remove(it.path);
  await Deno.symlink("../b/real.yaml", it.path);
  await it.shows(content("other"));
  await Deno.writeTextFile(`${it.dir}/../b/real.yaml`, "other second");
  await it.shows(content("other second"));
  await Deno.rename(`${it.dir}/../b/real.yaml`, `${it.dir}/../b/away.yaml`);
  await it.shows({ kind: "missing" });
  await Deno.rename(`${it.dir}/../b/away.yaml`, `${it.dir}/../b/real.yaml`);
  await it.shows(content("other second"));
}, async (dir) => {
  for (const [name, text] of [["a", "first"], ["b", "other"]] as const) {
    await Deno.mkdir(`${dir}/../${name}`);
    await Deno.writeTextFile(`${dir}/../${name}/real.yaml`, text);
  }
  await Deno.symlink("../a/real.yaml", `${dir}/forwards.yaml`);
  return new Fixture(dir);
});

test("what changed before the watch began is told at once", async (it) => {
  await it.shows(content("now"));
}, async (dir) => {
  await Deno.writeTextFile(`${dir}/forwards.yaml`, "now");
  return new Fixture(dir, "forwards.yaml", content("what the caller read"));
});

test("a directory that is not there yet is waited for", async (it) => {
  await Deno.mkdir(it.dir);
  await Deno.writeTextFile(it.path, "hello");
  await it.shows(content("hello"));
}, (dir) => Promise.resolve(new Fixture(`${dir}/later`)));

test("many saves one after the other end with the last one", async (it) => {
  for (let index = 0; index < 100; index++) {
    await Deno.writeTextFile(`${it.dir}/tmp`, `save ${index}`);
    await Deno.rename(`${it.dir}/tmp`, it.path);
  }
  await it.shows(content("save 99"));
});

Deno.test("file watch: a file that is written without pause is read now and then all the same", async () => {
  const dir = await Deno.makeTempDir();
  const it = new Fixture(dir);
  await it.watch.ready;
  let index = 0;
  await until(async () => {
    await Deno.writeTextFile(it.path, `tick ${index++}`);
    return it.states.length > 0;
  }, "a reading");
  await it.watch.close();
  await Deno.remove(dir, { recursive: true });
});

Deno.test("file watch: closed at once it leaves nothing behind and tells nothing", async () => {
  const dir = await Deno.makeTempDir();
  const it = new Fixture(dir, "forwards.yaml", content("something else"));
  await it.watch.close();
  assert.deepEqual(it.states, []);
  await it.watch.close();
  await Deno.remove(dir);
});

Deno.test("readFileState: a path through a file is missing, not an error", async () => {
  const dir = await Deno.makeTempDir();
  await Deno.writeTextFile(`${dir}/file`, "");
  assert.deepEqual(await readFileState(`${dir}/file/forwards.yaml`), { kind: "missing" });
  assert.deepEqual(await readFileState(`${dir}/file`), content(""));
  await Deno.remove(dir, { recursive: true });
});
