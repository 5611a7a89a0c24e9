// Ends a test run with what passed only at a second try, what was skipped and why, and a line "N passed, N failed, N
// skipped" that programs read.
// The reason is the note of `ctx.skip(note)` or the `skipReason` of the test's meta (require-root.ts).

import { relative } from "node:path";
import type { Reporter, TestCase, TestModule } from "vitest/node";

export class ClosingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const skipped = tests.filter((test) => isSkipped(test));
    const passed = tests.filter((test) => test.result().state === "passed").length;
    const failed = tests.length - passed - skipped.length + brokenOutsideTests(modules) + unhandledErrors.length;
    for (const test of tests.filter((one) => one.diagnostic()?.flaky === true)) {
      console.log(`passed only at a second try: ${title(test)} (${firstError(test)})`);
    }
    for (const test of skipped) console.log(`skipped: ${title(test)} (${reason(test)})`);
    console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  }
}

/** A test that never ran, because the run was cut short, is no skipped test. */
function isSkipped(test: TestCase): boolean {
  return test.result().state === "skipped";
}

/** Files and suites that failed as such: imports, syntax, hooks. */
function brokenOutsideTests(modules: readonly TestModule[]): number {
  const suites = modules.flatMap((module) => [...module.children.allSuites()]);
  return [...modules, ...suites].filter((part) => part.errors().length > 0).length;
}

function title(test: TestCase): string {
  return `${relative(test.project.config.root, test.module.moduleId)} > ${test.fullName}`;
}

/** The first line of what went wrong before. */
function firstError(test: TestCase): string {
  const [error] = test.result().errors ?? [];
  return error?.message.split("\n", 1)[0] ?? "no error";
}

function reason(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  return note ?? test.meta().skipReason ?? `marked as ${test.options.mode}`;
}
