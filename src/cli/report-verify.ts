// `acct-agent report --verify`: recomputes the bills of a file and says of each whether it is right.

import { readFileSync } from "node:fs";
import { differenceLine } from "../billing/bill-differences.ts";
import { statedBills, type StatedBill, type Verdict, verifyBill } from "../billing/verify.ts";
import { openSnapshot } from "../buffer/read-only-ledger.ts";
import type { Config } from "../config/config.ts";
import { harmless } from "../lib/harmless-text.ts";
import { systemClock } from "../model/time.ts";
import { complain, type ExitCode, print } from "./command.ts";
import type { ReportOptions } from "./report-options.ts";
import { billName, erasedBeforeMs } from "./stored-bills.ts";
import { openUsageSource, type SourceName } from "./usage-source.ts";

/** 0 where all bills are equal, 1 where one differs or cannot be recomputed, 2 where the file is no file of bills. */
export async function verifyReport({ config, file, source }: ReportOptions): Promise<ExitCode> {
  const stated = readBills(file);
  if (stated === null) return 2;
  const erasedMs = erasedBefore(config, source);
  let code: ExitCode = 0;
  for (const one of stated) {
    const verdict = await verify(one, { config, source, erasedBeforeMs: erasedMs });
    print(`${billName(one.bill)}${versionText(one)}: ${verdictText(verdict)}`);
    if (verdict.kind !== "equal") code = 1;
  }
  return code;
}

interface Recomputation {
  readonly config: Config;
  readonly source: SourceName;
  readonly erasedBeforeMs: number | null;
}

function readBills(file: string): readonly StatedBill[] | null {
  const bills = attempt(() => statedBills(readFileSync(file, "utf8")));
  if (bills.ok) return bills.value;
  complain(harmless(`--verify ${file}: ${bills.problem}; name a file that report --format json wrote`));
  return null;
}

function attempt(read: () => ReturnType<typeof statedBills>): ReturnType<typeof statedBills> {
  try {
    return read();
  } catch (error) {
    return { ok: false, problem: `cannot be read (${error instanceof Error ? error.message : String(error)})` };
  }
}

/** In the layer that the bill's contract states, as far as the ledger goes: Prometheus has the one that was pushed. */
async function verify(
  stated: StatedBill,
  { config, source: name, erasedBeforeMs: erased }: Recomputation,
): Promise<Verdict> {
  const account = { ...config.account, byteLayer: stated.bill.contract.byteLayer };
  await using source = openUsageSource({ ...config, account }, name, systemClock);
  return await verifyBill(stated, { source, erasedBeforeMs: erased });
}

function erasedBefore(config: Config, source: SourceName): number | null {
  if (source !== "ledger") return null;
  using ledger = openSnapshot(config.agent.stateDir);
  return erasedBeforeMs(ledger.database, source);
}

function versionText({ bill: { status, version } }: StatedBill): string {
  return version === null ? `, ${status}` : `, ${status}, version ${version}`;
}

function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case "equal":
      return "equal";
    case "different":
      return `different: ${harmless(differenceLine(verdict.differences))}`;
    case "gone": {
      const { erasedBeforeMs: beforeMs } = verdict;
      if (beforeMs === null) return "cannot be recomputed: the source has none of its intervals";
      return `cannot be recomputed: its intervals before ${new Date(beforeMs).toISOString()} are erased (buffer.retention)`;
    }
  }
}
