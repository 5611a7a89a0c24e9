import { defineConfig } from "vitest/config";
import { ClosingReporter } from "./test/support/closing-reporter.ts";

/** Real parts on a busy machine now and then miss a time limit: one more try, which the run's last lines name. */
const real = { retry: 1, testTimeout: 120_000, hookTimeout: 120_000 };
/** Packets, and how long a commit takes: one file after another. */
const ALONE = "test/integration/{capture,ebpf,ledger-bounds}*.test.ts";

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
      {
        test: {
          name: "integration",
          include: ["test/{integration,support}/**/*.test.ts"],
          exclude: [ALONE],
          ...real,
        },
      },
      { test: { name: "live", include: [ALONE], fileParallelism: false, ...real } },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], fileParallelism: false, ...real } },
    ],
    reporters: ["default", new ClosingReporter()],
  },
});
