/** The words that all faces share, put into the page by the server. */
export const words = JSON.parse(document.getElementById("words").textContent);

const ages = [[86_400, "d"], [3_600, "h"], [60, "m"], [1, "s"]];
/** Milliseconds in the two largest units: `2h5m`. */
export function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const at = ages.findIndex(([size]) => seconds >= size);
  if (at < 0) return "0s";
  const [size, unit] = ages[at];
  const [small, smallUnit] = ages[at + 1] ?? [1, ""];
  const rest = Math.floor((seconds % size) / small);
  return `${Math.floor(seconds / size)}${unit}${smallUnit === "" || rest === 0 ? "" : `${rest}${smallUnit}`}`;
}

/** What is said of a forward beside its state. */
export function info(of) {
  const said = [];
  if (of.message !== null) said.push(of.message);
  else if (of.reason !== null) said.push(words.reasons[of.reason] ?? of.reason);
  if (of.status === "Active" && of.lastCheck !== null) {
    said.push(`checked ${duration(Date.now() - Date.parse(of.lastCheck))} ago`);
  } else if (of.status !== "Active" && of.status !== "Stopped" && of.nextRetry !== null) {
    const attempt = of.attempt > 0 ? ` (attempt ${of.attempt})` : "";
    said.push(`retry in ${duration(Date.parse(of.nextRetry) - Date.now() + 999)}${attempt}`);
  }
  return said.join("; ");
}

/** Whether somebody should look at it. */
export const isProblem = (of) =>
  of.status === "Failed" || of.status === "Reconnecting" ||
  (of.status === "Starting" && of.reason !== null && of.reason !== "connecting");

/** Where it listens, for people; null where it does not. */
export function local(of) {
  const first = of.listen[0];
  if (first === undefined) return null;
  const host = ["127.0.0.1", "::1", "0.0.0.0", "::"].includes(first.host) ? "localhost" : first.host;
  return `${host.includes(":") ? `[${host}]` : host}:${first.port}`;
}

/** Where a browser can look at it; null for what speaks no HTTP. */
export function link(of) {
  const at = local(of);
  if (at === null || of.protocol === "udp") return null;
  if (new RegExp(words.https).test(of.targetPort)) return `https://${at}`;
  return new RegExp(words.http).test(of.targetPort) ? `http://${at}` : null;
}

/** What would change whether it runs. */
export const stopOrStart = (of) => of.status === "Stopped" ? "start" : "stop";
