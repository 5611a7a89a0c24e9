// Commits the windows of a ledger one after another until it is killed; every fourth is held before it closes.

import { Ledger } from "../../src/ledger/ledger.ts";
import { crashOptions, isHeldFirst, rowsOf } from "./ledger-crash.ts";
import { windowUsage } from "../support/window-usage.ts";

const ledger = new Ledger(crashOptions(process.argv[2] ?? ""));
process.stdout.write("ready");
for (let number = Number(process.argv[3]); ; number++) {
  const window = windowUsage(number * 60_000, rowsOf(number));
  if (isHeldFirst(number)) ledger.hold(window);
  ledger.close(isHeldFirst(number) ? windowUsage(number * 60_000, []) : window, { live: true });
}
