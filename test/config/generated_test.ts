import assert from "node:assert/strict";
import { generatedFiles } from "../../tasks/schema.ts";

for (const [path, text] of generatedFiles()) {
  Deno.test(`${path} is what the sources generate`, async () => {
    assert.equal(await Deno.readTextFile(new URL(`../../${path}`, import.meta.url)), text, "run: deno task schema");
  });
}

Deno.test("every key of the schema has a description", () => {
  const bare: string[] = [];
  const walk = (node: unknown, path: string) => {
    if (typeof node !== "object" || node === null) return;
    for (const [name, value] of Object.entries(node)) {
      if (name === "properties") {
        for (const [key, inner] of Object.entries(value)) {
          if (typeof inner === "object" && inner !== null && !("description" in inner)) bare.push(`${path}.${key}`);
        }
      }
      walk(value, `${path}.${name}`);
    }
  };
  walk(JSON.parse(generatedFiles().get("src/config/forwards.schema.json") ?? ""), "");
  assert.deepEqual(bare, []);
});
