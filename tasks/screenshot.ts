/** Makes the pictures of the web page in docs/: runs `up --dashboard` on the example of the README, in a headless Chromium. */
import { launch } from "../test/browser/browser.ts";

const root = new URL("..", import.meta.url).pathname;
const home = await Deno.makeTempDir({ prefix: "berth-screenshot-" });
const up = new Deno.Command(Deno.execPath(), {
  args: ["task", "--quiet", "up", "-f", `${root}examples/first_steps/forwards.yaml`, "--dashboard"],
  cwd: root,
  env: { XDG_STATE_HOME: `${home}/state`, XDG_RUNTIME_DIR: `${home}/run`, NO_COLOR: "1" },
  stdin: "null",
  stdout: "piped",
  stderr: "piped",
}).spawn();
try {
  let said = "";
  const link = await new Promise<string>((resolve, reject) => {
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        said += text;
        const found = /Web page: (http:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      }
    };
    void Promise.all([read(up.stdout), read(up.stderr)]).then(() => reject(new Error(`up ended: ${said}`)));
  });
  const browser = await launch();
  for (
    const [name, colorScheme, width] of [["light", "light", 1200], ["dark", "dark", 1200], [
      "phone",
      "light",
      390,
    ]] as const
  ) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 760 } });
    await page.goto(link);
    await page.getByText(/^5 of 5 Active/).waitFor();
    if (name === "dark") {
      await page.getByRole("button", { name: "web", exact: true }).click();
      for (let times = 0; times < 30; times++) await (await fetch("http://localhost:4200/")).text();
      await page.getByText(/Throughput: .* in/).waitFor();
    }
    // Where this checkout is, is of no interest to a reader.
    await page.evaluate(
      "document.getElementById('workspace').textContent = document.getElementById('workspace').textContent.replace(/^.*(?=examples)/, '')",
    );
    // The token of a run that is over opens nothing, and it is not on the page.
    await page.screenshot({ path: `${root}docs/web_page_${name}.png` });
    await page.close();
  }
  await browser.close();
} finally {
  up.kill("SIGINT");
  await up.status;
  await Deno.remove(home, { recursive: true });
}
