/** The web page of a daemon, and a headless browser to test it with, where this machine has one. */
import assert from "node:assert/strict";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import type { Daemon } from "../../src/control/daemon_api.ts";
import { systemClock } from "../../src/host/clock.ts";
import { NO_LOG } from "../../src/model/no_log.ts";
import { type Dashboard, openDashboard } from "../../src/wiring/dashboard.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where the browser is; null where there is none: the tests are skipped then. `BERTH_CHROMIUM` names another one. */
export const browserPath: string | null = Deno.env.get("BERTH_CHROMIUM") ?? PLACES.find(isThere) ?? null;

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Serves the web page of a daemon as `up` does, without metrics. */
export async function servePage(daemon: Daemon): Promise<Dashboard> {
  const metrics = { contentType: "text/plain", render: () => Promise.resolve("") };
  return await openDashboard(daemon, { port: 0, metrics, clock: systemClock(), log: NO_LOG });
}

/** Starts it; nothing of it leaves this machine. */
export async function launch(): Promise<Browser> {
  assert.ok(browserPath !== null);
  return await chromium.launch({
    executablePath: browserPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Fails with what axe-core finds serious or critical. */
export async function accessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<{ violations: readonly Violation[] }>(
    "axe.run(document, { resultTypes: ['violations'] })",
  );
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(
    grave.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(" ")}`),
    [],
    what,
  );
}

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly help: string;
  readonly nodes: readonly { readonly html: string }[];
}
