// The closing lines of a test run, from a real run of vitest in a folder of its own.

import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tempFolder } from "./temp-folder.ts";

const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
const REPORTER = fileURLToPath(new URL("closing-reporter.ts", import.meta.url));
const CONFIG = `import { ClosingReporter } from ${JSON.stringify(REPORTER)};
export default { test: { globals: true, include: ["*.test.js"], reporters: [new ClosingReporter()] } };`;

async function closingLines(files: Record<string, string>): Promise<string[]> {
  await using folder = await tempFolder();
  for (const [name, content] of Object.entries({ "vitest.config.mjs": CONFIG, ...files }))
    await writeFile(folder.file(name), content);
  const { stdout } = spawnSync(process.execPath, [VITEST, "run", "--root", folder.path], { encoding: "utf8" });
  return stdout.trimEnd().split("\n");
}

it("names each skipped test with its reason and ends with the counts", async () => {
  const lines = await closingLines({
    "a.test.js": `
      test("passes", () => {});
      test("notes", (context) => context.skip("needs a network card"));
      describe.skip("live", { meta: { skipReason: "needs root" } }, () => { test("captures", () => {}); });
      test.skip("is put off", () => {});`,
  });
  expect(lines.slice(-4)).toEqual([
    "skipped: a.test.js > notes (needs a network card)",
    "skipped: a.test.js > live > captures (needs root)",
    "skipped: a.test.js > is put off (marked as skip)",
    "1 passed, 0 failed, 3 skipped",
  ]);
});

it("counts failed tests, and files and hooks that fail outside a test", async () => {
  const lines = await closingLines({
    "a.test.js": `test("fails", () => { throw new Error("no"); }); test("passes", () => {});`,
    "b.test.js": `throw new Error("cannot be loaded");`,
    "c.test.js": `describe("x", () => { afterAll(() => { throw new Error("no"); }); test("passes", () => {}); });`,
  });
  expect(lines.at(-1)).toBe("2 passed, 3 failed, 0 skipped");
});

it("names each test that failed before it passed, with its first error", async () => {
  const lines = await closingLines({
    "a.test.js": `
      let tries = 0;
      test("works in the end", { retry: 1 }, () => { if (++tries < 2) throw new Error("too early\\nby far"); });
      test("never works", { retry: 1 }, () => { throw new Error("no"); });`,
  });
  expect(lines.slice(-2)).toEqual([
    "passed only at a second try: a.test.js > works in the end (too early)",
    "1 passed, 1 failed, 0 skipped",
  ]);
});
