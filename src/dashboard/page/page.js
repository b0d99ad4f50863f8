import { arrange, element, replace, setText } from "./parts.js?token=__TOKEN__";
import { drawTables } from "./table.js?token=__TOKEN__";
import { isProblem, link, local, stopOrStart } from "./text.js?token=__TOKEN__";
import { drawDetails, drawPlan, eventLine } from "./views.js?token=__TOKEN__";

const TOKEN = "__TOKEN__";
/** Between two looks at the status, in milliseconds: many events become one. */
const LOOK = 250;
/** Between two looks at what changes without an event: counts, bytes, "checked 2s ago". Milliseconds. */
const REFRESH = 5_000;
const EVENTS_SHOWN = 100;

const $ = (id) => document.getElementById(id);
const state = { status: null, events: [], selected: null, open: null, details: null };

async function ask(path, { method = "GET", body } = {}) {
  const response = await fetch(`/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? `answer ${response.status}`);
  return answer;
}

/** Runs what a person asked for, and says how it went. */
async function act(what, work) {
  try {
    const end = await work();
    const failed = end?.outcome !== undefined && end.outcome.status !== "done";
    say(failed ? `${what}: ${end.outcome.message ?? end.outcome.status}` : what);
  } catch (error) {
    say(`${what}: ${error.message}`);
  }
}

let sayTimer = 0;
function say(text) {
  $("said").textContent = text;
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => $("said").textContent = "", 6_000);
}

// What is

const control = (name, verb) =>
  act(`${verb} ${name}`, () => ask(`/forwards/${encodeURIComponent(name)}/${verb}`, { method: "POST" }));

// The table

function shown() {
  const wanted = $("filter").value.trim().toLowerCase();
  const all = state.status.forwards.filter((of) =>
    [of.name, of.cluster, of.target, of.status, String(local(of))].some((text) => text.toLowerCase().includes(wanted))
  );
  return $("problems").checked ? all.toSorted((a, b) => Number(isProblem(b)) - Number(isProblem(a))) : all;
}

function focusOn(name, role = "[data-open]") {
  document.querySelector(`tr[data-name="${CSS.escape(name)}"] ${role}`)?.focus();
}

/** Draws with the next frame, however often it is asked for. */
let frame = 0;
function drawSoon() {
  frame ||= requestAnimationFrame(draw);
}

function draw() {
  cancelAnimationFrame(frame);
  frame = 0;
  const { status } = state;
  if (status === null) return;
  const active = status.forwards.filter((of) => of.status === "Active").length;
  const problems = status.forwards.filter(isProblem).length;
  setText($("workspace"), `${status.workspace} · revision ${status.revision}`);
  setText(
    $("counts"),
    `${active} of ${status.forwards.length} Active${problems === 0 ? "" : `, ${problems} with a problem`}`,
  );
  document.title = problems === 0 ? "berth" : `(${problems}) berth`;
  drawDiagnostics(status.diagnostics);
  drawTables($("clusters"), { forwards: shown(), status });
  arrange($("events"), state.events.toReversed().map(lineOf));
}

let diagnosed = "[]";
function drawDiagnostics(diagnostics) {
  const text = JSON.stringify(diagnostics);
  if (text === diagnosed) return;
  diagnosed = text;
  $("diagnostics").hidden = diagnostics.length === 0;
  replace(
    $("diagnostics"),
    diagnostics.map(({ code, severity, message, where, help }) =>
      element(
        "p",
        {},
        element("strong", { class: severity === "error" ? "error" : "blocked" }, `${severity} ${code}`),
        ` ${where === null ? "" : `${where.file}:${where.line}:${where.column}: `}${message}${
          help === undefined ? "" : ` (${help})`
        }`,
      )
    ),
  );
}

/** The line of an event: it says the same for ever. */
const lines = new WeakMap();
function lineOf(event) {
  const line = lines.get(event) ?? eventLine(event);
  lines.set(event, line);
  return line;
}

// Details of one forward

async function lookAtDetails() {
  if (state.open === null) return;
  try {
    const focused = document.activeElement?.dataset?.do;
    state.details = await ask(`/forwards/${encodeURIComponent(state.open)}`);
    drawDetails(state.details);
    if (focused !== undefined) document.querySelector(`#details-body [data-do="${focused}"]`)?.focus();
  } catch (error) {
    say(error.message);
    $("details").close();
  }
}

async function openDetails(name) {
  state.open = name;
  await lookAtDetails();
  if (!$("details").open && state.open !== null) $("details").showModal();
}

async function copy(of) {
  const text = link(of) ?? local(of) ?? "";
  await act(`copied ${text}`, () => navigator.clipboard.writeText(text));
}

// The plan

async function openPlan() {
  $("plan-body").textContent = "Looking…";
  if (!$("plan").open) $("plan").showModal();
  try {
    drawPlan(await ask("/plan"));
  } catch (error) {
    $("plan-body").textContent = error.message;
  }
}

async function approve() {
  const keys = [...document.querySelectorAll("#plan-body input:checked")].map(({ value }) => value);
  if (keys.length === 0) return say("Nothing is ticked");
  await act(`approved ${keys.join(", ")}`, () => ask("/approve", { method: "POST", body: { keys } }));
  $("plan").close();
}

// News

let wanted = false;
let looking = false;
let looked = 0;
/** Looks at the status: at once after a while of rest, else when the time between two looks is over; not while nobody sees the page. */
async function soon() {
  wanted = true;
  if (looking) return;
  looking = true;
  while (wanted && !document.hidden) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, looked + LOOK - performance.now())));
    wanted = false;
    try {
      state.status = await ask("/status");
      drawSoon();
      await lookAtDetails();
    } catch {
      // The event stream says that berth is gone.
    }
    looked = performance.now();
  }
  looking = false;
}

function listen() {
  const source = new EventSource(`/v1/events?token=${TOKEN}`);
  source.addEventListener("snapshot", ({ data }) => {
    state.status = JSON.parse(data);
    $("live").textContent = "live";
    drawSoon();
  });
  source.addEventListener("event", ({ data }) => {
    state.events = [...state.events, JSON.parse(data)].slice(-EVENTS_SHOWN);
    soon();
  });
  source.addEventListener("error", () => $("live").textContent = "berth does not answer; trying again");
}

// What a person does

function selectedName() {
  return document.activeElement?.closest?.("tr")?.dataset.name ?? null;
}

function move(by) {
  // By what the filter says now, not by what the last frame showed.
  if (frame !== 0) draw();
  const order = [...document.querySelectorAll("tr[data-name]")].map((one) => one.dataset.name);
  const at = order.indexOf(selectedName());
  const next = order[at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + by))];
  if (next !== undefined) focusOn(next);
}

const forwardOf = (name) => state.status?.forwards.find((of) => of.name === name);

const KEYS = {
  j: () => move(1),
  ArrowDown: () => move(1),
  k: () => move(-1),
  ArrowUp: () => move(-1),
  "/": () => $("filter").focus(),
  p: () => openPlan(),
  "?": () => $("help").showModal(),
  s: (of) => of !== undefined && control(of.name, stopOrStart(of)),
  r: (of) => of !== undefined && control(of.name, "restart"),
  c: (of) => of !== undefined && copy(of),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLInputElement && event.target.type !== "checkbox") {
    if (event.key !== "Escape") return;
    // Left to itself, the browser empties the field and tells nobody.
    event.preventDefault();
    event.target.blur();
    return;
  }
  if (document.querySelector("dialog[open]") !== null || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  void KEYS[event.key](forwardOf(selectedName()));
});

addEventListener("click", (event) => {
  const { target } = event;
  if (!(target instanceof Element)) return;
  const button = target.closest("button");
  if (button === null) return;
  const { open, verb, do: what } = button.dataset;
  if (button.dataset.close !== undefined) button.closest("dialog").close();
  else if (open !== undefined) void openDetails(open);
  else if (verb !== undefined) void control(button.closest("tr").dataset.name, verb);
  else if (what === "copy") void copy(state.details.status);
  else if (what !== undefined) void control(state.open, what);
  else if (button.id === "plan-button") void openPlan();
  else if (button.id === "help-button") $("help").showModal();
  else if (button.id === "approve") void approve();
});

$("details").addEventListener("close", () => {
  const name = state.open;
  state.open = state.details = null;
  if (name !== null) focusOn(name);
});
$("filter").addEventListener("input", drawSoon);
$("problems").addEventListener("change", drawSoon);
addEventListener("visibilitychange", soon);
setInterval(soon, REFRESH);
setInterval(() => document.hidden || state.open === null || void lookAtDetails(), 1_000);

listen();
void ask(`/history?limit=${EVENTS_SHOWN}`).then(({ events }) => {
  state.events = [...events, ...state.events].slice(-EVENTS_SHOWN);
  drawSoon();
});
