import assert from "node:assert/strict";
import { jsonSchema } from "../../src/config/json_schema.ts";
import { allCodes } from "../../src/diagnostics/catalogue.ts";
import { topicNames } from "../../src/cli/topics.ts";
import { openGoldens } from "../view/golden.ts";
import { cli, type FakeServices } from "./fake_services.ts";

const goldens = openGoldens("topics");
const { permissions } = goldens;
const real = (services: FakeServices) => {
  services.schema = () => Promise.resolve({ $schema: "", ...jsonSchema() });
};

for (const topic of ["forwards.local", "defaults.health", "clusters.alb.listeners"]) {
  Deno.test({ name: `help ${topic}`, permissions }, async () => {
    const { code, out, err } = await cli(["help", topic], real);
    assert.equal(code, 0);
    assert.equal(err, "");
    goldens.check(`${topic}.txt`, out);
  });
}

Deno.test({ name: "a key is found with a name in its path too", permissions: "none" }, async () => {
  const [plain, named] = [
    await cli(["help", "forwards.local"], real),
    await cli(["help", "forwards.NAME.local"], real),
  ];
  assert.equal(named.out, plain.out);
});

Deno.test({ name: "every key of the schema has a page", permissions: "none" }, async () => {
  const names = topicNames(jsonSchema());
  assert.ok(names.length > 40);
  for (const name of names) assert.equal((await cli(["help", name], real)).code, 0, name);
});

Deno.test({ name: "what there is no help for", permissions }, async () => {
  const parts: string[] = [];
  for (const topic of ["forwards.lokal", "statsu", "quite something else"]) {
    const { code, err } = await cli(["help", topic], real);
    assert.equal(code, 64);
    parts.push(err);
  }
  goldens.check("unknown.txt", parts.join("\n"));
});

Deno.test({ name: "every code is explained", permissions }, async () => {
  for (const code of allCodes()) assert.equal((await cli(["explain", code])).code, 0);
  const { out } = await cli(["explain", "12"]);
  goldens.check("PF0012.txt", out);
  const shell = await cli(["explain", "pf0001"]);
  goldens.check("PF0001.txt", shell.out);
  const wrong = await cli(["explain", "PF9999"]);
  assert.equal(wrong.code, 64);
  goldens.check("unknown_code.txt", wrong.err);
});
