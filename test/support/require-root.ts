// Tests on real interfaces need root. Where it is missing they are skipped with a reason that the run's end repeats.

import { describe } from "vitest";

declare module "vitest" {
  interface TaskMeta {
    /** Why a test does not run here; printed by vitest-skip-reporter.ts. */
    skipReason?: string;
  }
}

const skipReason = process.getuid?.() === 0 ? null : "needs root";
const suite = skipReason === null ? describe : describe.skip;

/** `describe` for tests that open packet sockets, make namespaces or load kernel programs; hooks are skipped too. */
export function liveDescribe(name: string, body: () => void): void {
  suite(name, skipReason === null ? {} : { meta: { skipReason } }, body);
}
