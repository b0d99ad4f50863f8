import assert from "node:assert/strict";
import { dig, type Rig, withSandbox } from "./rig.ts";

const path = "/api/v1/namespaces/default/pods";

interface Watching {
  /** The next event; null at the end of the stream. */
  next(): Promise<{ readonly type: string; readonly object: unknown } | null>;
  close(): Promise<void>;
}

async function watching({ fetch }: Rig, query: string): Promise<Watching> {
  const response = await fetch(`${path}?watch=true&${query}`);
  assert.equal(response.status, 200);
  assert.ok(response.body !== null);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    next: async () => {
      while (!text.includes("\n")) {
        const { value, done } = await reader.read();
        if (done) return null;
        text += value;
      }
      const line = text.slice(0, text.indexOf("\n"));
      text = text.slice(line.length + 1);
      const event: unknown = JSON.parse(line);
      return { type: String(dig(event, ["type"])), object: dig(event, ["object"]) };
    },
    close: () => reader.cancel().catch(() => undefined),
  };
}

async function revision({ get }: Rig): Promise<string> {
  return String(dig(await get(path), ["metadata", "resourceVersion"]));
}

Deno.test("a watch tells what changed after the list, in order", () =>
  withSandbox({}, async (rig) => {
    const events = await watching(rig, `resourceVersion=${await revision(rig)}&labelSelector=app=web`);
    const [pod] = rig.sandbox.control.pods({ labels: { app: "web" } });
    assert.ok(pod !== undefined);
    rig.sandbox.control.deletePod(pod);
    const seen: string[] = [];
    while (seen.at(-1) !== "ready" || !seen.includes("DELETED old")) {
      const event = await events.next();
      assert.ok(event !== null);
      const old = dig(event.object, ["metadata", "uid"]) === pod.uid;
      seen.push(`${event.type} ${old ? "old" : "new"}`);
      const conditions = dig(event.object, ["status", "conditions"]);
      if (
        !old && Array.isArray(conditions) &&
        conditions.some((one: unknown) => dig(one, ["type"]) === "Ready" && dig(one, ["status"]) === "True")
      ) seen.push("ready");
    }
    assert.equal(seen[0], "MODIFIED old");
    assert.equal(seen.find((event) => event.endsWith("new")), "ADDED new");
    await events.close();
  }));

Deno.test("a watch from nowhere begins with what is there; leaving the selection is a deletion", () =>
  withSandbox({}, async (rig) => {
    const events = await watching(rig, "labelSelector=app=db");
    assert.equal((await events.next())?.type, "ADDED");
    const patch = { metadata: { labels: { app: "other" } } };
    await rig.send("PATCH", { path: `${path}/db-0`, body: patch, type: "application/merge-patch+json" });
    assert.equal((await events.next())?.type, "DELETED");
    await events.close();
  }));

Deno.test("a watch ends when its time is up, with a bookmark if one was asked for", () =>
  withSandbox({}, async (rig) => {
    const events = await watching(
      rig,
      `resourceVersion=${await revision(rig)}&timeoutSeconds=1&allowWatchBookmarks=true`,
    );
    const event = await events.next();
    assert.equal(event?.type, "BOOKMARK");
    assert.equal(dig(event?.object, ["metadata", "resourceVersion"]), await revision(rig));
    assert.equal(await events.next(), null);
  }));

Deno.test("versions that are too old get a 410: after a compaction, by the switch, and in continued lists", () =>
  withSandbox({}, async (rig) => {
    const { control } = rig.sandbox;
    const old = await revision(rig);
    const token = encodeURIComponent(String(dig(await rig.get(`${path}?limit=1`), ["metadata", "continue"])));
    control.compact();
    const tooOld = await watching(rig, `resourceVersion=${old}`);
    const event = await tooOld.next();
    assert.deepEqual([event?.type, dig(event?.object, ["code"])], ["ERROR", 410]);
    assert.equal(await tooOld.next(), null);
    assert.equal((await rig.send("GET", { path: `${path}?limit=1&continue=${token}` })).status, 410);
    control.expireWatches();
    const expired = await watching(rig, `resourceVersion=${await revision(rig)}`);
    assert.equal((await expired.next())?.type, "ERROR");
    assert.equal(await expired.next(), null);
    const fine = await watching(rig, `resourceVersion=${await revision(rig)}`);
    control.deletePod({ name: "db-0" });
    assert.equal((await fine.next())?.type, "MODIFIED");
    await fine.close();
  }));

Deno.test("watches can be cut, and one whose client left is forgotten", () =>
  withSandbox({}, async (rig) => {
    const { control } = rig.sandbox;
    const events = await watching(rig, `resourceVersion=${await revision(rig)}`);
    assert.equal(control.dropWatches(), 1);
    await assert.rejects(events.next());
    assert.equal(control.watches, 0);
  }));
