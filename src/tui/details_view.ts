import type { ForwardDetails } from "../model/forward_details.ts";
import type { Event, ForwardStatus } from "../model/status.ts";
import { addressText, listenText } from "../view/address_text.ts";
import { eventText } from "../view/events_text.ts";
import { urlText } from "../view/forward_text.ts";
import { infoText, stateStyle } from "../view/info_text.ts";
import { bytesText, sparkline } from "../view/sparkline.ts";
import { cut, oneLine, wrap } from "../view/text.ts";
import { makeTheme } from "../view/theme.ts";
import { age } from "../view/time_text.ts";
import type { Area } from "./frame.ts";
import type { TuiState } from "./model.ts";

/** How wide the names of the facts are. */
const LABEL = 13;
/** How many events are shown: the rest is in the log. */
const EVENTS = 20;

/** All there is to know of one forward. */
export function detailsLines(state: TuiState, area: Area): readonly string[] {
  const { details: shown, document, now } = state;
  const { cols, theme } = area;
  const fit = (text: string) => cut(text, { width: cols, ellipsis: theme.ellipsis });
  if (shown === null) return [];
  const forward = document?.forwards.find(({ name }) => name === shown.name);
  if (forward === undefined) return [fit(`${oneLine(shown.name)} is no longer there`)];
  const { details, failure } = shown;
  return [
    theme.paint("strong", fit(oneLine(forward.name))),
    ...wrap(stateText(forward, { theme, now }), cols).map((line) => theme.paint(stateStyle(forward.status), fit(line))),
    "",
    ...facts(forward, { now, area }),
    ...(failure === null ? [] : wrap(oneLine(failure), cols).map((line) => theme.paint("bad", fit(line)))),
    ...(details === null ? [] : [
      ...throughput(details, area),
      ...backends(details, area),
      ...probes(details, { now, area }),
    ]),
    ...events(details?.events ?? ownEvents(state, forward.name), { offset: state.offset, area }),
  ];
}

function stateText(
  forward: ForwardStatus,
  { theme, now }: { readonly theme: Area["theme"]; readonly now: number },
): string {
  const info = infoText(forward, now);
  return `${theme.state[forward.status]} ${forward.status}${info === "" ? "" : `  ${info}`}`;
}

function facts(
  forward: ForwardStatus,
  { now, area }: { readonly now: number; readonly area: Area },
): readonly string[] {
  const { connections: { open, total, failed }, bytes, route, routeReason } = forward;
  const since = age(forward.since, now);
  const listen = listenText(forward.listen.map(addressText)) || "nowhere yet";
  const url = urlText(forward);
  const all: readonly (readonly [string, string])[] = [
    ["cluster", oneLine(forward.cluster)],
    ["target", `${oneLine(forward.target)}:${oneLine(forward.targetPort)}`],
    ["listens at", url === "" || url === listen ? listen : `${listen}  ${url}`],
    ["route", route === null ? "-" : `${route}${routeReason === null ? "" : `  ${oneLine(routeReason)}`}`],
    ["backend", forward.backend === null ? "-" : oneLine(forward.backend)],
    ["since", since === null ? "-" : `${since} ago`],
    ["connections", `${open} open, ${total} in all, ${failed} failed`],
    ["bytes", `${bytesText(bytes.in)} in, ${bytesText(bytes.out)} out`],
  ];
  return all.map(([label, value]) => fact(label, value, area));
}

function fact(label: string, value: string, { cols, theme }: Area): string {
  const room = Math.max(0, cols - LABEL);
  return theme.paint("dim", cut(label.padEnd(LABEL), { width: cols, ellipsis: theme.ellipsis })) +
    (room === 0 ? "" : cut(value, { width: room, ellipsis: theme.ellipsis }));
}

function throughput({ throughput: samples }: ForwardDetails, area: Area): readonly string[] {
  const width = Math.max(1, Math.min(60, area.cols - LABEL - 14));
  const line = (label: string, values: readonly number[]) => {
    const bars = sparkline(values, { width, theme: area.theme });
    const last = bytesText(values.at(-1) ?? 0);
    return fact(label, `${bars.padEnd(width)}  ${last}/s`, area);
  };
  return [line("in", samples.map((one) => one.in)), line("out", samples.map((one) => one.out))];
}

function backends({ backends: all }: ForwardDetails, area: Area): readonly string[] {
  const { state } = area.theme;
  return section(
    "Backends",
    all.map(({ address, ready, inUse }) =>
      `${ready ? state.Active : state.Starting} ${oneLine(address)}  ${ready ? "ready" : "not ready"}${
        inUse ? ", in use" : ""
      }`
    ),
    area,
  );
}

function probes(
  { probes: all }: ForwardDetails,
  { now, area }: { readonly now: number; readonly area: Area },
): readonly string[] {
  const { state } = area.theme;
  return section(
    "Checks",
    all.toReversed().map(({ time, ok, latency, error }) =>
      `${ok ? `${state.Active} good` : `${state.Failed} failed`}  ${age(time, now) ?? "?"} ago  ${
        Math.round(latency)
      } ms${error === null ? "" : `  ${oneLine(error)}`}`
    ),
    area,
  );
}

function events(
  all: readonly Event[],
  { offset, area }: { readonly offset: number; readonly area: Area },
): readonly string[] {
  const plain = makeTheme({ color: false, ascii: area.theme.ascii });
  return section(
    "Events",
    all.slice(-EVENTS).toReversed().map((event) => eventText(event, { theme: plain, offset })),
    area,
  );
}

function section(title: string, lines: readonly string[], { cols, theme }: Area): readonly string[] {
  const fit = (text: string) => cut(text, { width: cols, ellipsis: theme.ellipsis });
  return [
    "",
    theme.paint("strong", fit(title)),
    ...(lines.length === 0 ? ["  none"] : lines.map((line) => `  ${line}`)).map(fit),
  ];
}

/** Until the details are there: what was heard while this screen was open. */
function ownEvents({ events }: TuiState, name: string): readonly Event[] {
  return events.filter(({ key }) => key === `forward:${name}`);
}
