import assert from "node:assert/strict";
import { key } from "../../src/model/key.ts";
import { port } from "../../src/model/port.ts";
import { type Effect, initialState, KEPT, type Message, type TuiState } from "../../src/tui/model.ts";
import { selectedForward, visibleForwards } from "../../src/tui/rows.ts";
import { update } from "../../src/tui/update.ts";
import { action, forward, FORWARDS, MIXED_PLAN, NOW, planOf, statusOf, TROUBLE } from "../view/fixtures.ts";
import { pressed } from "./replay.ts";

const permissions = "none";
const size = { cols: 80, rows: 24 };

interface Outcome {
  readonly state: TuiState;
  readonly effects: readonly Effect[];
}

/** The state after these messages, with all that was to be done. */
function run(messages: readonly Message[], from: TuiState = begun()): Outcome {
  return messages.reduce<Outcome>(({ state, effects }, message) => {
    const next = update(state, message);
    return { state: next.state, effects: [...effects, ...next.effects] };
  }, { state: from, effects: [] });
}

function begun(over: Parameters<typeof statusOf>[0] = {}, mode: "up" | "top" = "up"): TuiState {
  const empty = initialState({ mode, keyboard: true, size, now: NOW, offset: 0 });
  return update(empty, { kind: "status", document: statusOf(over) }).state;
}

Deno.test({ name: "keys in the table", permissions }, () => {
  const cases: readonly (readonly [
    string,
    Partial<Pick<TuiState, "view" | "filter" | "typing" | "problemsFirst">>,
    readonly Effect[],
  ])[] = [
    ["q", {}, [{ do: "quit" }]],
    ["<escape>", {}, [{ do: "quit" }]],
    ["<ctrl-c>", {}, [{ do: "quit" }]],
    ["/we", { filter: "we", typing: true }, []],
    ["/we<enter>", { filter: "we", typing: false }, []],
    ["/we<backspace><backspace><backspace>", { filter: "", typing: false }, []],
    ["/we<ctrl-u>", { filter: "", typing: true }, []],
    ["/we<escape>", { filter: "", typing: false }, []],
    ["/we<enter><escape>", { filter: "", typing: false }, []],
    ["/q", { filter: "q", typing: true }, []],
    ["/<ctrl-c>", { typing: true }, [{ do: "quit" }]],
    ["!", { problemsFirst: true }, []],
    ["!!", { problemsFirst: false }, []],
    ["?", { view: "help" }, []],
    ["??", { view: "table" }, []],
    ["l", { view: "log" }, []],
    ["l<escape>", { view: "table" }, []],
    ["lq", { view: "log" }, [{ do: "quit" }]],
    ["<enter>", { view: "details" }, [{ do: "details", name: "web" }]],
    ["<enter><escape>", { view: "table" }, [{ do: "details", name: "web" }]],
    ["p", { view: "plan" }, [{ do: "plan" }]],
    ["p<escape>", { view: "table" }, [{ do: "plan" }]],
    ["r", {}, [{ do: "control", name: "web", verb: "restart" }]],
    ["js", {}, [{ do: "control", name: "api", verb: "stop" }]],
    ["o", {}, [{ do: "open", url: "http://localhost:3000" }]],
    ["c", {}, [{ do: "copy", text: "http://localhost:3000" }]],
    ["e", {}, [{ do: "edit", name: "web", at: null }]],
    ["<enter>s", { view: "details" }, [{ do: "details", name: "web" }, { do: "control", name: "web", verb: "stop" }]],
    ["<ctrl-l>", {}, [{ do: "redraw" }]],
    ["x", {}, []],
  ];
  for (const [keys, expected, effects] of cases) {
    const { state, ...done } = run(pressed(keys));
    assert.deepEqual(done.effects, effects, keys);
    for (const [name, value] of Object.entries(expected)) {
      assert.equal(Object.entries(state).find(([one]) => one === name)?.[1], value, `${keys}: ${name}`);
    }
  }
});

Deno.test({ name: "the cursor moves within what is shown, and stays with its forward", permissions }, () => {
  const names = visibleForwards(begun()).map(({ name }) => name);
  const at = (keys: string) => selectedForward(run(pressed(keys)).state)?.name;
  assert.equal(at(""), names[0]);
  assert.equal(at("j"), names[1]);
  assert.equal(at("<down><down>k"), names[1]);
  assert.equal(at("k"), names[0]);
  assert.equal(at("G"), names.at(-1));
  assert.equal(at("Gj"), names.at(-1));
  assert.equal(at("Gg"), names[0]);
  assert.equal(at("<page-down>"), names.at(-1));
  const { state } = run([...pressed("j"), { kind: "status", document: statusOf({ forwards: FORWARDS.toReversed() }) }]);
  assert.equal(selectedForward(state)?.name, names[1]);
  const gone = run([{ kind: "status", document: statusOf({ forwards: FORWARDS.slice(2) }) }], state).state;
  assert.equal(selectedForward(gone)?.name, visibleForwards(gone)[0]?.name);
  const none = run([{ kind: "status", document: statusOf({ forwards: [] }) }], state).state;
  assert.deepEqual(run(pressed("jks<enter>roc"), none).effects, []);
});

Deno.test({ name: "the table is grouped by cluster, filtered, or has problems first", permissions }, () => {
  const shown = (keys: string) => visibleForwards(run(pressed(keys)).state).map(({ name }) => name);
  const clusters = visibleForwards(begun()).map(({ cluster }) => cluster);
  assert.deepEqual(clusters, [...clusters].sort(), "dev before staging, as the file has them");
  assert.equal(visibleForwards(run(pressed("!")).state)[0]?.status, "Reconnecting");
  assert.deepEqual(shown("/STAGING postgres"), ["db"]);
  assert.deepEqual(shown("/8080"), ["api"]);
  assert.deepEqual(shown("/no such thing"), []);
});

Deno.test({ name: "s starts what is stopped; o and c need an address", permissions }, () => {
  const stopped = begun({ forwards: [forward("web", { status: "Stopped", listen: [] })] });
  assert.deepEqual(run(pressed("s"), stopped).effects, [{ do: "control", name: "web", verb: "start" }]);
  assert.deepEqual(run(pressed("oc"), stopped).effects, []);
  assert.match(run(pressed("o"), stopped).state.said?.text ?? "", /does not listen yet/);
  const db = begun({
    forwards: [forward("db", { targetPort: "5432", listen: [{ host: "127.0.0.1", port: port(5432) }] })],
  });
  assert.deepEqual(run(pressed("oc"), db).effects, [
    { do: "open", url: "http://127.0.0.1:5432" },
    { do: "copy", text: "127.0.0.1:5432" },
  ]);
});

Deno.test({ name: "a broken file is opened where it is broken", permissions }, () => {
  const [effect] = run(pressed("e"), begun(TROUBLE)).effects;
  assert.deepEqual(effect?.do === "edit" ? [effect.at?.line, effect.at?.column] : null, [14, 15]);
});

Deno.test({ name: "only gated actions can be marked, and only marked ones are approved", permissions }, () => {
  const gated = MIXED_PLAN.actions.filter(({ gate }) => gate !== "none").map((one) => one.key);
  const opened = run([...pressed("p"), { kind: "plan", plan: MIXED_PLAN }]).state;
  assert.deepEqual(run(pressed("<enter>"), opened).effects, [], "nothing is marked");
  assert.deepEqual(run(pressed(" <enter>"), opened).effects, [], "the first action has no gate");
  assert.deepEqual(run(pressed("a<enter>"), opened).effects, [{ do: "approve", keys: gated }]);
  assert.deepEqual(run(pressed("aa<enter>"), opened).effects, []);
  assert.deepEqual(run(pressed("G <enter>"), opened).effects, [{
    do: "approve",
    keys: [key("mapping", "dev/8080-30880-tcp")],
  }]);
  const approved = run([{ kind: "approved", count: 1 }], opened).state;
  assert.deepEqual([approved.view, approved.plan], ["table", null]);
  assert.match(approved.said?.text ?? "", /^1 action approved/);

  const marked = run([...pressed("a"), { kind: "plan", plan: planOf([action("create", "web")]) }], opened).state;
  assert.equal(marked.plan?.marked.size, 0, "a mark does not outlive its action");
  const failed = run([{ kind: "no-plan", failure: "the cluster does not answer" }], opened).state;
  assert.equal(failed.plan?.failure, "the cluster does not answer");
  assert.equal(run([{ kind: "plan", plan: MIXED_PLAN }]).state.plan, null, "a plan nobody waits for is left out");
});

Deno.test({ name: "details are of the forward that is open, and are read again at its events", permissions }, () => {
  const { state } = run(pressed("<enter>"));
  const event = { time: new Date(NOW).toISOString(), type: "status", status: "Active", reason: null, message: "" };
  assert.deepEqual(run([{ kind: "event", event: { ...event, key: "forward:web" } }], state).effects, [{
    do: "details",
    name: "web",
  }]);
  assert.deepEqual(run([{ kind: "event", event: { ...event, key: "forward:api" } }], state).effects, []);
  assert.equal(run([{ kind: "no-details", name: "api", failure: "late" }], state).state.details?.failure, null);
  assert.equal(run([{ kind: "no-details", name: "web", failure: "gone" }], state).state.details?.failure, "gone");
});

Deno.test({ name: "what is kept is bounded, what was said goes, and draining closes every view", permissions }, () => {
  const event = {
    time: new Date(NOW).toISOString(),
    type: "status",
    key: null,
    status: null,
    reason: null,
    message: "",
  };
  const many = run(Array.from({ length: KEPT + 50 }, (): Message => ({ kind: "event", event }))).state;
  assert.equal(many.events.length, KEPT);
  const said = run([{ kind: "said", text: "hello", style: "good" }]).state;
  assert.equal(said.said?.text, "hello");
  assert.equal(run([{ kind: "tick", now: NOW + 4_000 }], said).state.said?.text, "hello");
  assert.equal(run([{ kind: "tick", now: NOW + 6_000 }], said).state.said, null);
  const draining = run([...pressed("l"), { kind: "draining" }]).state;
  assert.deepEqual([draining.view, draining.draining], ["table", true]);
});

Deno.test({ name: "scrolling stops at both ends", permissions }, () => {
  const small = run([{ kind: "resize", size: { cols: 80, rows: 8 } }]).state;
  const end = run(pressed("?G"), small).state.scroll;
  assert.ok(end > 0);
  assert.equal(run(pressed("?Gjjjj"), small).state.scroll, end);
  assert.equal(run(pressed("?Gk"), small).state.scroll, end - 1);
  assert.equal(run(pressed("?jk<up>"), small).state.scroll, 0);
});
