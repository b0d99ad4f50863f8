const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; text is text, never markup. */
export function element(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Puts `children` in the place of what is there. */
export function replace(parent, children) {
  parent.replaceChildren(...children);
}

/** Makes `children` what is in `parent`, in this order; what is at its place already is not touched. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/** Puts text where there is another one. */
export function setText(one, text) {
  if (one.textContent !== text) one.textContent = text;
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(one, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.append(...children);
  return one;
}

const UNITS = ["B/s", "kB/s", "MB/s", "GB/s"];
function rate(bytes) {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** Bytes a second, in and out, of the last minute. */
export function chart(samples) {
  const most = Math.max(1, ...samples.flatMap((one) => [one.in, one.out]));
  const line = (which) =>
    svg("polyline", {
      class: which,
      points: samples.map((one, at) => `${(at * 300) / 59},${78 - (one[which] / most) * 72}`).join(" "),
    });
  const last = samples.at(-1);
  const text = last === undefined
    ? "Throughput: no sample yet"
    : `Throughput: ${rate(last.in)} in, ${rate(last.out)} out; most ${rate(most)}`;
  return figure(
    text,
    svg("svg", { viewBox: "0 0 300 80", preserveAspectRatio: "none", "aria-hidden": "true" }, line("in"), line("out")),
  );
}

/** The last probes: height is latency, colour whether they went through. */
export function probesChart(probes) {
  const most = Math.max(1, ...probes.map(({ latency }) => latency));
  const bars = probes.map(({ ok, latency }, at) => {
    const height = 6 + (latency / most) * 70;
    return svg("rect", { class: ok ? "ok" : "not", x: at * 15 + 2, y: 80 - height, width: 11, height });
  });
  const last = probes.at(-1);
  const failed = probes.filter(({ ok }) => !ok).length;
  const text = last === undefined
    ? "Probes: none yet"
    : `Probes: the last took ${last.latency.toFixed(1)} ms; ${failed} of ${probes.length} failed${
      last.error === null ? "" : `: ${last.error}`
    }`;
  return figure(
    text,
    svg("svg", { viewBox: "0 0 300 80", preserveAspectRatio: "none", "aria-hidden": "true" }, ...bars),
  );
}

function figure(text, drawing) {
  return element("figure", {}, drawing, element("figcaption", {}, text));
}
