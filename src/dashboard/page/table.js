import { arrange, element, setText } from "./parts.js?token=__TOKEN__";
import { info, link, local, stopOrStart } from "./text.js?token=__TOKEN__";
import { address, statusText } from "./views.js?token=__TOKEN__";

/** The tables by cluster and the rows by forward: they stay, and only cells that say something else are touched. */
const tables = new Map();
const rows = new Map();

/** What a cell depends on, and what it holds then. */
const CELLS = [
  [({ status }) => status, statusText],
  [({ name }) => name, ({ name }) => element("button", { type: "button", class: "name", "data-open": name }, name)],
  [(of) => `${local(of)} ${link(of)}`, address],
  [(of) => `${of.target}:${of.targetPort}`, (of) => element("code", {}, `${of.target}:${of.targetPort}`)],
  [({ route }) => route ?? "–", ({ route }) => route ?? "–"],
  [info, info],
];

// Browsers may take the meaning from a table whose rows lay themselves out, so it is said.
const CELL = { role: "cell" };

function newRow(name) {
  const cells = CELLS.map(() => element("td", CELL));
  const act = element("button", { type: "button" });
  const tr = element(
    "tr",
    { role: "row", "data-name": name },
    ...cells,
    element("td", { ...CELL, class: "acts" }, act),
  );
  return { tr, cells, act, said: [] };
}

function rowOf(of) {
  const row = rows.get(of.name) ?? newRow(of.name);
  rows.set(of.name, row);
  CELLS.forEach(([key, content], at) => {
    const says = key(of);
    if (row.said[at] === says) return;
    row.said[at] = says;
    row.cells[at].replaceChildren(content(of));
  });
  const verb = stopOrStart(of);
  if (row.act.dataset.verb !== verb) {
    row.act.dataset.verb = verb;
    row.act.setAttribute("aria-label", `${verb} ${of.name}`);
    row.act.textContent = verb;
  }
  return row.tr;
}

function newTable(cluster) {
  const how = element("span", {});
  const body = element("tbody", { role: "rowgroup" });
  const heads = ["Status", "Name", "Local", "Target", "Route", "Info"].map((text) =>
    element("th", { role: "columnheader", scope: "col" }, text)
  );
  const table = element(
    "table",
    { role: "table" },
    element("caption", {}, `${cluster} `, how),
    element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, ...heads, element("td", CELL))),
    body,
  );
  return { table, how, body };
}

function tableOf(cluster, { forwards, known }) {
  const one = tables.get(cluster) ?? newTable(cluster);
  tables.set(cluster, one);
  const how = known === undefined || known.reachable === null
    ? "not known yet"
    : known.reachable
    ? known.version ?? "reachable"
    : known.message ?? "not reachable";
  setText(one.how, how);
  one.how.className = known?.reachable === false ? "Failed" : "dim";
  arrange(one.body, forwards.map(rowOf));
  return one.table;
}

const nothing = element("p", { class: "dim" }, "No forward to show.");

/** Shows these forwards in `parent`, a table a cluster. What has the focus keeps it as long as it is shown. */
export function drawTables(parent, { forwards, status }) {
  const focused = document.activeElement;
  const byCluster = Map.groupBy(forwards, ({ cluster }) => cluster);
  arrange(
    parent,
    forwards.length === 0
      ? [nothing]
      : [...byCluster].map(([cluster, some]) =>
        tableOf(cluster, { forwards: some, known: status.clusters.find(({ name }) => name === cluster) })
      ),
  );
  // A row that moves loses it.
  if (focused !== document.activeElement && parent.contains(focused)) focused.focus();
  const names = new Set(status.forwards.map(({ name }) => name));
  for (const name of rows.keys()) if (!names.has(name)) rows.delete(name);
}
