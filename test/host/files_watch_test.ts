import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { type FilesSeen, watchFiles } from "../../src/host/files_watch.ts";
import { until } from "../fakes/until.ts";

const clock = systemClock();

Deno.test("watchFiles: a file that comes, changes or goes is told once it is not what was read", async () => {
  const dir = await Deno.makeTempDir({ prefix: "berth-files-" });
  const [one, two, three] = [`${dir}/one`, `${dir}/two`, `${dir}/three`];
  try {
    await Deno.writeTextFile(one, "\ufeff1");
    let told = 0;
    const seen: FilesSeen = new Map([[one, "1"], [two, null]]);
    const watch = watchFiles(seen, { clock, onChange: () => told++ });
    await Deno.writeTextFile(two, "2");
    await until(() => told === 1, "the second file");
    watch.follow(new Map([[one, "1"], [two, "2"], [three, null]]));
    await Deno.writeTextFile(three, "3");
    await until(() => told === 2, "a file that was not followed before");
    watch.follow(new Map([[one, "1"], [two, "2"], [three, "3"]]));
    await Deno.remove(two);
    await until(() => told === 3, "a file that goes");
    // It was changed before it was followed.
    watch.follow(new Map([[one, "0"], [two, "2"]]));
    await Deno.writeTextFile(one, "11");
    await until(() => told >= 4, "a change");
    await watch.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("watchFiles: what was read since it changed is no news", async () => {
  const dir = await Deno.makeTempDir({ prefix: "berth-files-" });
  try {
    const [one, two] = [`${dir}/one`, `${dir}/two`];
    await Deno.writeTextFile(one, "1");
    await Deno.writeTextFile(two, "2");
    const told: string[] = [];
    const watch = watchFiles(new Map([[one, "1"], [two, "2"]]), {
      clock,
      // Reads both at the first change, as a reload does.
      onChange: () => {
        told.push("change");
        watch.follow(new Map([[one, Deno.readTextFileSync(one)], [two, Deno.readTextFileSync(two)]]));
      },
    });
    await Deno.writeTextFile(one, "1b");
    await Deno.writeTextFile(two, "2b");
    await until(() => told.length > 0, "the change");
    const after = told.length;
    // A look at what is there now finds what was read.
    watch.check();
    await watch.close();
    assert.ok(told.length - after <= 1 && Deno.readTextFileSync(two) === "2b");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
