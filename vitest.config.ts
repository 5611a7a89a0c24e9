import { defineConfig } from "vitest/config";
import { SkipReporter } from "./test/support/vitest-skip-reporter.ts";

const live = { testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      { test: { name: "integration", include: ["test/{integration,support}/**/*.test.ts"], ...live } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...live } },
    ],
    reporters: ["default", new SkipReporter()],
  },
});
