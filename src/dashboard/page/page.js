import { element, replace } from "./parts.js?token=__TOKEN__";
import { info, isProblem, link, local, stopOrStart } from "./text.js?token=__TOKEN__";
import { address, drawDetails, drawPlan, eventLine, statusText } from "./views.js?token=__TOKEN__";

const TOKEN = "__TOKEN__";
/** Between two redraws, in milliseconds: many events become one. */
const REDRAW = 250;
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

function row(of) {
  const one = element(
    "tr",
    { "data-name": of.name },
    element("td", {}, statusText(of)),
    element("td", {}, element("button", { type: "button", class: "name", "data-open": of.name }, of.name)),
    element("td", {}, address(of)),
    element("td", {}, element("code", {}, `${of.target}:${of.targetPort}`)),
    element("td", {}, of.route ?? "–"),
    element("td", {}, info(of)),
    element(
      "td",
      { class: "acts" },
      element(
        "button",
        { type: "button", "data-verb": stopOrStart(of), "aria-label": `${stopOrStart(of)} ${of.name}` },
        stopOrStart(of),
      ),
    ),
  );
  return one;
}

function clusterTable(cluster, forwards) {
  const known = state.status.clusters.find(({ name }) => name === cluster);
  const how = known === undefined || known.reachable === null
    ? "not known yet"
    : known.reachable
    ? known.version ?? "reachable"
    : known.message ?? "not reachable";
  const heads = ["Status", "Name", "Local", "Target", "Route", "Info"].map((text) =>
    element("th", { scope: "col" }, text)
  );
  return element(
    "table",
    {},
    element(
      "caption",
      {},
      `${cluster} `,
      element("span", { class: known?.reachable === false ? "Failed" : "dim" }, how),
    ),
    element("thead", {}, element("tr", {}, ...heads, element("td", {}))),
    element("tbody", {}, ...forwards.map(row)),
  );
}

function drawForwards() {
  const focused = document.activeElement?.closest?.("tr")?.dataset.name;
  const role = document.activeElement?.dataset?.verb === undefined ? "[data-open]" : "[data-verb]";
  const forwards = shown();
  const clusters = [...new Set(forwards.map(({ cluster }) => cluster))];
  replace($("clusters"), clusters.map((name) => clusterTable(name, forwards.filter((of) => of.cluster === name))));
  if (forwards.length === 0) replace($("clusters"), [element("p", { class: "dim" }, "No forward to show.")]);
  if (focused !== undefined) focusOn(focused, role);
}

function focusOn(name, role = "[data-open]") {
  document.querySelector(`tr[data-name="${CSS.escape(name)}"] ${role}`)?.focus();
}

function draw() {
  const { status } = state;
  if (status === null) return;
  const active = status.forwards.filter((of) => of.status === "Active").length;
  const problems = status.forwards.filter(isProblem).length;
  $("workspace").textContent = `${status.workspace} · revision ${status.revision}`;
  $("counts").textContent = `${active} of ${status.forwards.length} Active${
    problems === 0 ? "" : `, ${problems} with a problem`
  }`;
  document.title = problems === 0 ? "berth" : `(${problems}) berth`;
  $("diagnostics").hidden = status.diagnostics.length === 0;
  replace(
    $("diagnostics"),
    status.diagnostics.map(({ code, severity, message, where, help }) =>
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
  drawForwards();
}

function drawEvents() {
  replace($("events"), state.events.toReversed().map(eventLine));
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

let redraw = 0;
function soon() {
  redraw ||= setTimeout(async () => {
    redraw = 0;
    try {
      state.status = await ask("/status");
    } catch {
      return;
    }
    draw();
    drawEvents();
    await lookAtDetails();
  }, REDRAW);
}

function listen() {
  const source = new EventSource(`/v1/events?token=${TOKEN}`);
  source.addEventListener("snapshot", ({ data }) => {
    state.status = JSON.parse(data);
    $("live").textContent = "live";
    draw();
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
  const all = shown().map(({ name }) => name);
  const order = [...document.querySelectorAll("tr[data-name]")].map((one) => one.dataset.name);
  const at = order.indexOf(selectedName());
  const next = order[at < 0 ? 0 : Math.min(order.length - 1, Math.max(0, at + by))];
  if (next !== undefined && all.includes(next)) focusOn(next);
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
    if (event.key === "Escape") event.target.blur();
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
$("filter").addEventListener("input", draw);
$("problems").addEventListener("change", draw);
setInterval(() => document.hidden || soon(), REFRESH);
setInterval(() => document.hidden || state.open === null || void lookAtDetails(), 1_000);

listen();
void ask(`/history?limit=${EVENTS_SHOWN}`).then(({ events }) => {
  state.events = [...events, ...state.events].slice(-EVENTS_SHOWN);
  drawEvents();
});
