import { defineConfig } from "vitest/config";
import { ClosingReporter } from "./test/support/closing-reporter.ts";

/** Live parts on a busy machine now and then miss a time limit: one more try, which the run's last lines name. */
const live = { retry: 1, testTimeout: 120_000, hookTimeout: 120_000, fileParallelism: false };

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      { test: { name: "integration", include: ["test/{integration,support}/**/*.test.ts"], ...live } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...live } },
    ],
    reporters: ["default", new ClosingReporter()],
  },
});
