// The first act: the month so far. It takes the way of any traffic: a capture file, accounted by `replay`, and delivered by
// the agent once it runs.

import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Calendar } from "../../src/model/calendar.ts";
import { BILLING_INTERVAL_MS, floorTo } from "../../src/model/time.ts";
import { agentOutput } from "./agent.ts";
import { historyConfigOf } from "./configuration.ts";
import { type History, writeHistory } from "./history.ts";
import { inUnits, seconds } from "./printing.ts";
import type { Stage } from "./stage.ts";
import { totalOf, type Volumes } from "./volumes.ts";

const DAY_MS = 86_400_000;

export interface BilledMonth extends History {
  /** `2026-11`. */
  readonly name: string;
}

interface ReplayAnswer {
  readonly frames: number;
  readonly totals: { readonly ip_bytes: number };
}

/**
 * The calendar month of a day ago up to now, so that the first day of a month has something to show; its last `days`
 * where they are given. In UTC.
 */
export function billedMonth(nowMs: number, days: number | null): BilledMonth {
  const { period, startMs } = new Calendar("UTC").monthAt(nowMs - DAY_MS);
  const endMs = floorTo(nowMs, BILLING_INTERVAL_MS);
  const fromMs = days === null ? startMs : floorTo(endMs - days * DAY_MS, BILLING_INTERVAL_MS);
  return { name: `${period.slice(0, 4)}-${period.slice(4)}`, startMs: Math.max(startMs, fromMs), endMs };
}

/** Accounts the month so far; the bytes that were generated for it. */
export async function replayMonth({ ground, narrator, signal }: Stage, month: BilledMonth): Promise<Volumes> {
  const { startMs, endMs } = month;
  const file = join(ground.folder, "month.pcap");
  const sent = await writeHistory(file, month, signal);
  const { size } = await stat(file);
  const from = new Date(startMs).toISOString();
  const intervals = (endMs - startMs) / BILLING_INTERVAL_MS;
  narrator.say(
    `generated ${inUnits(totalOf(sent))} of traffic since ${from}: ${intervals} intervals of 5 minutes, a file of ${inUnits(size)}`,
  );
  const began = performance.now();
  const args = ["replay", "--config", historyConfigOf(ground), "--interface", ground.edge.interface, "--json", file];
  const report: ReplayAnswer = JSON.parse(await agentOutput(ground, args, signal));
  await rm(file);
  narrator.say(
    `acct-agent replay: ${report.frames} packets, ${inUnits(report.totals.ip_bytes)} accounted in ${seconds(performance.now() - began)}`,
  );
  return sent;
}
