/** The web page before hundreds of forwards that all flap: what it shows in the end is what is, and nobody is thrown out of a row. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/host/clock.ts";
import { Flapping } from "../../tasks/bench/flapping.ts";
import { browserPath, launch, servePage } from "./browser.ts";

const LIMIT = 60_000;
const COUNT = 300;
const options = { ignore: browserPath === null, sanitizeOps: false, sanitizeResources: false };

/** Names and statuses of the rows, from top to bottom. */
const ROWS = `[...document.querySelectorAll("tr[data-name]")].map((row) =>
  row.dataset.name + " " + row.querySelector(".status").textContent).join("\\n")`;

Deno.test({ name: "the page: 300 flapping forwards end up right, in rows that stay", ...options }, async () => {
  const forwards = new Flapping(COUNT);
  const clock = systemClock();
  const server = await servePage(forwards.daemon());
  const browser = await launch();
  try {
    // What the test waits for is evaluated in the page, which the page itself forbids.
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, bypassCSP: true });
    page.setDefaultTimeout(LIMIT);
    const shows = async (text: string, what: string) => {
      const wanted = `${ROWS} === ${JSON.stringify(text)}`;
      await page.waitForFunction(wanted).catch(async (error: unknown) => {
        assert.equal(await page.evaluate<string>(ROWS), text, what);
        throw error;
      });
    };
    // By cluster, in the order of the file within each.
    const expected = (of = forwards.forwards) => {
      const clusters = [...new Set(of.map(({ cluster }) => cluster))];
      return clusters.flatMap((name) => of.filter(({ cluster }) => cluster === name))
        .map(({ name, status }) => `${name} ${status === "Active" ? "●" : "◐"} ${status}`).join("\n");
    };
    await page.goto(server.link);
    await shows(expected(), "at first");
    await page.evaluate("for (const row of document.querySelectorAll('tr[data-name]')) row.isTheFirst = true");
    await page.locator('tr[data-name="service-9"] [data-open]').focus();

    const still = forwards.run();
    await page.waitForFunction("document.querySelectorAll('.status.Reconnecting').length > 50");
    await clock.sleep(1_500);
    still();
    for (let at = 0; at < COUNT; at += 7) forwards.flip(at);
    await shows(expected(), "in the end");
    assert.equal(await page.evaluate("document.activeElement.dataset.open"), "service-9");
    assert.equal(
      await page.evaluate("[...document.querySelectorAll('tr[data-name]')].filter((row) => row.isTheFirst).length"),
      COUNT,
    );
    const active = forwards.forwards.filter(({ status }) => status === "Active").length;
    await page.getByText(`${active} of ${COUNT} Active, ${COUNT - active} with a problem`).waitFor();

    await page.getByLabel("Problems first").check();
    const sorted = forwards.forwards.toSorted((a, b) => Number(a.status === "Active") - Number(b.status === "Active"));
    await shows(expected(sorted), "problems first");
    await page.getByLabel("Filter").fill("service-29");
    await shows(expected(sorted.filter(({ name }) => name.startsWith("service-29"))), "filtered");
    await page.getByLabel("Filter").fill("none of them");
    await page.getByText("No forward to show.").waitFor();
    await page.getByLabel("Filter").fill("");
    await page.getByLabel("Problems first").uncheck();
    await shows(expected(), "all again");
  } finally {
    await browser.close();
    await server.close();
  }
});
