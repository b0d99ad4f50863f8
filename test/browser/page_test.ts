/**
 * The web page as a person sees it: the real `up` on a sandbox, and a daemon in a test's hand where a k3d cluster would be needed. Run with
 * all permissions, for what drives the browser looks at files of the system that only those give.
 */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { key } from "../../src/model/key.ts";
import type { Action } from "../../src/model/plan.ts";
import { FakeDaemon } from "../fakes/daemon.ts";
import { fileOf, freePort, Rig } from "../wiring/rig.ts";
import { accessible, browserPath, launch, servePage } from "./browser.ts";

/** A busy machine is slow; the page is waited for, not timed. */
const LIMIT = 30_000;
const options = { ignore: browserPath === null, sanitizeOps: false, sanitizeResources: false };

async function row(page: Page, name: string, text: RegExp): Promise<void> {
  await page.locator(`tr[data-name="${name}"]`, { hasText: text }).waitFor({ timeout: LIMIT });
}

// The browser's library keeps a pipe and timers of its own, hence without the sanitizers.
Deno.test({ name: "the page follows a forward, in both themes and at a phone's width", ...options }, async (t) => {
  await using rig = await Rig.make();
  const { control } = await rig.sandbox();
  await rig.save(fileOf([
    `web: { service: default/web, port: 80, local: ${freePort()} }`,
    `work: { deployment: default/api, port: http, local: ${freePort()} }`,
  ]));
  const up = await rig.up({ dashboard: 0 });
  await up.active(["web", "work"]);
  const link = up.notes.map((line) => /^Web page: (http:\S+)$/.exec(line)?.[1]).find((one) => one !== undefined);
  assert.ok(link !== undefined, up.notes.join("\n"));
  const browser = await launch();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
      const page = await context.newPage();
      page.setDefaultTimeout(LIMIT);
      const problems: string[] = [];
      page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
      page.on("pageerror", (error) => problems.push(error.message));
      await page.goto(link);

      await t.step(`${colorScheme}: it shows what is`, async () => {
        await row(page, "web", /● Active/);
        await row(page, "work", /● Active/);
        await page.getByText("2 of 2 Active").waitFor();
        await accessible(page, `the table, ${colorScheme}`);
      });

      await t.step(`${colorScheme}: it follows a forward to Reconnecting and back`, async () => {
        await control.scale({ name: "api" }, 0);
        await up.until(() => up.forward("work").status === "Reconnecting", "Reconnecting");
        await row(page, "work", /◐ Reconnecting.*scaled to 0/s);
        await control.scale({ name: "api" }, 1);
        await row(page, "work", /● Active/);
      });

      await t.step(`${colorScheme}: details, by the keyboard`, async () => {
        await page.keyboard.press("/");
        await page.keyboard.type("work");
        await page.keyboard.press("Escape");
        await page.keyboard.press("j");
        await page.keyboard.press("Enter");
        await page.getByRole("dialog").getByText("pod default/api-").first().waitFor();
        await page.getByRole("dialog").getByText(/Probes: the last took/).waitFor();
        await accessible(page, `the details, ${colorScheme}`);
        await page.keyboard.press("Escape");
        await page.getByLabel("Filter").fill("");
      });

      await t.step(`${colorScheme}: stop and start`, async () => {
        await page.getByRole("button", { name: "stop web" }).click();
        await row(page, "web", /■ Stopped/);
        await page.getByRole("button", { name: "start web" }).click();
        await row(page, "web", /● Active/);
      });

      await t.step(`${colorScheme}: at a phone's width nothing is cut off`, async () => {
        await page.setViewportSize({ width: 390, height: 800 });
        const width = await page.evaluate<number>("document.documentElement.scrollWidth");
        assert.ok(width <= 390, `${width} px`);
        await accessible(page, `a phone, ${colorScheme}`);
      });
      assert.deepEqual(problems, []);
      await context.close();
    }
  } finally {
    await browser.close();
  }
});

Deno.test({ name: "the page shows a plan and approves what is gated", ...options }, async () => {
  const daemon = new FakeDaemon();
  const mapping = key("mapping", "dev/8080-30880-tcp");
  const actions: readonly Action[] = [
    {
      op: "blocked",
      key: key("forward", "web"),
      reason: "port 3000 is in use by nginx (PID 1234)",
      dependsOn: [],
      disruption: null,
      gate: "none",
      detail: {},
    },
    {
      op: "create",
      key: mapping,
      reason: "not published",
      dependsOn: [],
      disruption: "restarts the load balancer of k3d cluster kecs-dev: about 7 s without API and published ports",
      gate: "allow-restart",
      detail: {},
    },
  ];
  daemon.planned = { actions, summary: { create: 1, change: 0, delete: 0, replace: 0, blocked: 1 } };
  const server = await servePage(daemon);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(LIMIT);
    await page.goto(server.link);
    await page.getByText("live", { exact: true }).waitFor();
    await page.keyboard.press("p");
    await page.getByText("port 3000 is in use by nginx (PID 1234)").waitFor();
    await accessible(page, "the plan");
    await page.getByLabel(/mapping:dev\/8080/).check();
    await page.getByRole("button", { name: "Approve what is ticked" }).click();
    await page.getByText(`approved ${mapping}`).waitFor();
    assert.ok(daemon.asked.includes(`approve ${mapping}`), daemon.asked.join("; "));
  } finally {
    await browser.close();
    await server.close();
  }
});
