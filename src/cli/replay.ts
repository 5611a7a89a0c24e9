// `acct-agent replay`: accounts capture files into the ledger, beside a running agent or without one.

import { type ReplayedFile, Replay } from "../capture/replay/replay.ts";
import { replayOptions } from "../agent-options.ts";
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/config.ts";
import { Ledger } from "../ledger/ledger.ts";
import { accountStagedWindows } from "../ledger/account-staged.ts";
import { overheadPerPacket } from "../model/byte-layer.ts";
import type { Network } from "../model/network.ts";
import { systemClock } from "../model/time.ts";
import { readArguments } from "./arguments.ts";
import { complain, type ExitCode, print } from "./command.ts";
import { REPLAY } from "./options/replay.ts";
import { ReplayProgress } from "./replay-progress.ts";
import { type ReplayReport, replayReport } from "./replay-report.ts";
import { renderTable } from "./table.ts";

/** Rejects with CaptureFileError where a file cannot be read: nothing counts then. */
export async function replay(args: readonly string[]): Promise<ExitCode> {
  const { options, operands } = readArguments(REPLAY, args);
  const { config, networks, ledger: ledgerOptions } = replayOptions(loadConfig(options.config));
  using ledger = new Ledger(ledgerOptions);
  const report = await replayFiles(operands, { config, networks, ledger, interfaceName: options.interface });
  print(options.json ? JSON.stringify(report, null, 2) : render(report));
  return 0;
}

interface ReplayParts {
  readonly config: Config;
  readonly networks: readonly Network[];
  readonly ledger: Ledger;
  readonly interfaceName: string;
}

async function replayFiles(paths: readonly string[], parts: ReplayParts): Promise<ReplayReport> {
  const { config, networks, ledger, interfaceName } = parts;
  const { windowMs, byteLayer, vlanTags } = config.account;
  const stage = ledger.stage();
  const accounted = (digest: string): boolean => ledger.captureFiles.has(digest);
  const options = { windowMs, maxAddresses: config.capture.maxAddresses, networks };
  using progress = new ReplayProgress(paths);
  const captures = new Replay(options, { stage, accounted, read: (bytes) => progress.read(bytes) });
  const files: ReplayedFile[] = [];
  for (const path of paths) {
    progress.begin(path);
    const file = await captures.file(path);
    files.push(file);
    announce(file);
  }
  progress.commit();
  const names = networks.map(({ name }) => name);
  const digests = files
    .filter(({ state }) => state === "new")
    .map(({ digest, packets }) => ({ digest, frames: packets }));
  const outcome = accountStagedWindows(ledger, stage, {
    interface: interfaceName,
    windowMs,
    networks: names,
    files: digests,
    nowMs: systemClock.now(),
  });
  if (outcome.lateBytes > 0)
    complain(`${outcome.lateBytes} bytes belong to intervals that were pushed before: the ledger has them`);
  return replayReport({
    files,
    ...captures.totals(),
    networks: names,
    overhead: overheadPerPacket(byteLayer, vlanTags),
  });
}

function announce({ path, state, truncated }: ReplayedFile): void {
  if (truncated) complain(`${path}: cut in its last record, which is left out`);
  if (state === "accounted") complain(`${path}: its content is accounted already; it is not counted again`);
  if (state === "repeated") complain(`${path}: the same content as an earlier file; it is not counted again`);
}

function render(report: ReplayReport): string {
  const rows = report.addresses.map((row) => [
    row.address,
    row.network,
    ...[row.bytes_in, row.packets_in, row.bytes_out, row.packets_out].map(String),
  ]);
  const header = ["ADDRESS", "NETWORK", "BYTES IN", "PACKETS IN", "BYTES OUT", "PACKETS OUT"];
  const { totals } = report;
  const summary = [
    `${report.frames} frames from ${report.first ?? "-"} to ${report.last ?? "-"}`,
    `${totals.ip_packets} IP packets, ${totals.ip_bytes} bytes; unaccounted ${totals.unaccounted_packets} packets, ${totals.unaccounted_bytes} bytes`,
    `${totals.non_ip_frames} non-IP frames, ${totals.parse_failures} parse failures, ${totals.overflow_bytes} bytes overflowed`,
  ];
  return [summary.join("\n"), renderTable(header, rows)].filter((text) => text !== "").join("\n\n");
}
