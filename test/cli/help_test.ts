import assert from "node:assert/strict";
import { routes } from "../../src/cli/routes.ts";
import { displayWidth } from "../../src/view/text.ts";
import { openGoldens } from "../view/golden.ts";
import { cli } from "./fake_services.ts";

const goldens = openGoldens("help");
const { permissions } = goldens;
const VERBS = [...Object.keys(routes("berth")), "help"];

Deno.test({ name: "the list of verbs", permissions }, async () => {
  for (const argv of [[], ["--help"], ["-h"], ["help"]]) {
    const { code, out, err } = await cli(argv);
    assert.equal(code, 0);
    assert.equal(err, "");
    goldens.check("berth.txt", out);
  }
});

for (const verb of VERBS) {
  Deno.test({ name: `help of ${verb}`, permissions }, async () => {
    for (const argv of [[verb, "--help"], ["help", verb]]) {
      const { code, out, err } = await cli(argv);
      assert.equal(code, 0);
      assert.equal(err, "");
      goldens.check(`${verb}.txt`, out);
    }
    const { out } = await cli([verb, "-h"]);
    for (const line of out.split("\n")) {
      if (!line.startsWith("  berth")) assert.ok(displayWidth(line) <= 115, line);
    }
  });
}
