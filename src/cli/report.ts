// `acct-agent report`: the bills of a month, made final, shown, or verified.

import type { ExitCode } from "./command.ts";
import { closeMonths } from "./report-close.ts";
import { finalizeReport } from "./report-finalize.ts";
import { reportOptions } from "./report-options.ts";
import { printReport } from "./report-print.ts";
import { verifyReport } from "./report-verify.ts";

/** 1 where a bill is not what it should be. */
export async function report(args: readonly string[]): Promise<ExitCode> {
  const options = reportOptions(args);
  switch (options.task) {
    case "print":
      return await printReport(options);
    case "finalize":
      return await finalizeReport(options);
    case "close":
      return await closeMonths(options);
    case "verify":
      return await verifyReport(options);
  }
}
