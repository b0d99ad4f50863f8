/** A screen on a plan with a gate, for a real terminal: `approve` is printed at the end. With a word as argument it ends in that way. */
import { processTerminal } from "../../src/wiring/terminal.ts";
import { realServices } from "../../src/wiring/services.ts";
import { openTui } from "../../src/tui/run.ts";
import { makeTheme } from "../../src/view/theme.ts";
import { MIXED_PLAN, statusOf } from "../view/fixtures.ts";

const services = realServices();
const [end] = Deno.args;
const approved: string[] = [];
const screen = openTui({
  mode: "top",
  source: {
    status: () => Promise.resolve(statusOf()),
    subscribe: () => () => {},
    details: () => Promise.resolve(null),
    plan: () => Promise.resolve(MIXED_PLAN),
    approve: (keys) => {
      approved.push(...keys);
      return Promise.resolve();
    },
    control: () => Promise.resolve({ status: "done" }),
    where: () => Promise.resolve(null),
  },
  terminal: processTerminal(services),
  helpers: { edit: () => Promise.resolve(null), open: () => Promise.resolve(null) },
  clock: services.clock,
  theme: makeTheme({ color: true, ascii: false }),
  offset: 0,
  lookEvery: 100,
  onQuit: () => {
    screen.close();
    services.stdout.write(`approved ${approved.join(" ")}\n`);
  },
});
if (end === "throw") {
  services.clock.after(1_500, () => {
    throw new Error("a bug");
  });
}
if (end === "SIGQUIT") services.clock.after(1_500, () => Deno.kill(Deno.pid, "SIGQUIT"));
if (end === "exit") services.clock.after(1_500, () => Deno.exit(3));
