import { chart, element, probesChart, replace } from "./parts.js?token=__TOKEN__";
import { duration, info, link, local, stopOrStart, words } from "./text.js?token=__TOKEN__";
const $ = (id) => document.getElementById(id);

/** A state, by symbol and word. */
export function statusText(of) {
  return element("span", { class: `status ${of.status}` }, `${words.state[of.status] ?? "?"} ${of.status}`);
}

/** Where a forward listens, as a link where a browser can look at it. */
export function address(of) {
  const at = local(of);
  const url = link(of);
  if (at === null) return element("span", { class: "dim" }, "not listening");
  return url === null
    ? element("code", {}, at)
    : element("a", { href: url, target: "_blank", rel: "noreferrer" }, url.replace(/^http:\/\//, ""));
}

const TIME = new Intl.DateTimeFormat([], { timeStyle: "medium", hour12: false });
/** An event as one line. */
export function eventLine({ time, key, type, status, message }) {
  return element(
    "li",
    {},
    element("time", { datetime: time }, TIME.format(new Date(time))),
    element("span", { class: "mono" }, key ?? type),
    element("span", {}, element("span", { class: `status ${status ?? ""}` }, status ?? ""), ` ${message}`),
  );
}

/** Shows one forward. */
export function drawDetails(details) {
  const of = details.status;
  $("details-title").textContent = of.name;
  const facts = [
    ["Status", [statusText(of), ` since ${duration(Date.now() - Date.parse(of.since))}; ${info(of)}`]],
    ["Local", [address(of)]],
    ["Target", [`${of.target}:${of.targetPort} on ${of.cluster}`]],
    ["Route", [of.route === null ? "none yet" : `${of.route}${of.routeReason === null ? "" : `: ${of.routeReason}`}`]],
    ["Connections", [
      `${of.connections.open} open, ${of.connections.total} in all, ${of.connections.failed} failed; ${of.reconnects} reconnects`,
    ]],
    ["Bytes", [`${of.bytes.in} in, ${of.bytes.out} out`]],
    [
      "Backends",
      details.backends.length === 0
        ? ["none known"]
        : details.backends.map((one) =>
          element("div", {}, `${one.address}${one.ready ? "" : ", not ready"}${one.inUse ? ", in use" : ""}`)
        ),
    ],
  ];
  const verb = stopOrStart(of);
  replace($("details-body"), [
    element(
      "div",
      { class: "bar" },
      element("button", { type: "button", "data-do": verb }, verb),
      element("button", { type: "button", "data-do": "restart" }, "reconnect"),
      element("button", { type: "button", "data-do": "copy" }, "copy address"),
    ),
    element(
      "dl",
      { class: "facts" },
      ...facts.flatMap(([name, what]) => [element("dt", {}, name), element("dd", {}, ...what)]),
    ),
    element("div", { class: "charts" }, chart(details.throughput), probesChart(details.probes)),
    element("h3", {}, "Events"),
    element("ol", { class: "events" }, ...details.events.toReversed().map(eventLine)),
  ]);
}

/** Shows the plan, with a mark to set on each action that needs an approval. */
export function drawPlan({ actions }) {
  if (actions.length === 0) {
    replace($("plan-body"), [element("p", {}, "Nothing to do: this machine matches the file.")]);
    return;
  }
  const gated = actions.filter(({ gate }) => gate !== "none");
  const lines = actions.map((one, at) => {
    const what = [
      element(
        "strong",
        { class: one.op === "blocked" ? "blocked" : "" },
        `${words.op[one.op]} `,
        element("code", {}, one.key),
      ),
      ` ${one.reason}`,
      ...(one.disruption === null ? [] : [element("div", { class: "blocked" }, one.disruption)]),
    ];
    return one.gate === "none" ? element("li", {}, ...what) : element(
      "li",
      {},
      element("input", { type: "checkbox", id: `gate-${at}`, value: one.key }),
      " ",
      element("label", { for: `gate-${at}` }, ...what),
    );
  });
  replace($("plan-body"), [
    element("ul", { class: "plan" }, ...lines),
    ...(gated.length === 0 ? [] : [element("button", { type: "button", id: "approve" }, "Approve what is ticked")]),
  ]);
}
