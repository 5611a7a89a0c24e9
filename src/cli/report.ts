// `acct-agent report`: the bills of a month, made final, shown, or verified.

import type { Command, ExitCode } from "./command.ts";
import { closeMonths } from "./report-close.ts";
import { finalizeReport } from "./report-finalize.ts";
import { REPORT_USAGE, reportOptions } from "./report-options.ts";
import { printReport } from "./report-print.ts";
import { verifyReport } from "./report-verify.ts";

export const reportCommand: Command = {
  summary: "bill a month: the 95th percentile, or what the contract says, of each customer",
  usage: REPORT_USAGE,
  run: report,
};

async function report(args: readonly string[]): Promise<ExitCode> {
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
