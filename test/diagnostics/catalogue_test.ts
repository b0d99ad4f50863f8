import assert from "node:assert/strict";
import { loadWorkspace } from "../../src/config/load.ts";
import { allCodes, CATALOGUE, type CatalogueEntry, findEntry } from "../../src/diagnostics/catalogue.ts";
import { LOADING, textFiles } from "../config/files.ts";

Deno.test("codes are without gaps and in order", () => {
  assert.deepEqual(allCodes(), allCodes().map((_, index) => `PF${String(index + 1).padStart(4, "0")}`));
});

for (const code of allCodes()) {
  const { title, explanation, example }: CatalogueEntry = CATALOGUE[code];
  Deno.test(`${code}: the example shows it, and nothing else`, async () => {
    assert.ok(!title.endsWith(".") && explanation.endsWith("."));
    if (example.kind === "shell") return;
    const reader = textFiles({ "forwards.yaml": example.text, ...example.beside });
    const { diagnostics } = await loadWorkspace({ ...LOADING, reader });
    assert.deepEqual(diagnostics.map((diagnostic) => diagnostic.code), [code]);
  });
}

Deno.test("findEntry", () => {
  for (const text of ["PF0043", "pf0043", "43", " PF43 "]) assert.equal(findEntry(text)?.code, "PF0043", text);
  for (const text of ["", "PF", "PF9999", "port"]) assert.equal(findEntry(text), undefined, text);
});
