// What a running agent answered, as tables for a person. Every name comes from a configuration or the network, so none of
// them reaches the terminal with controls in it.

import { describeClock } from "../lib/clock-state.ts";
import { harmless } from "../lib/harmless-text.ts";
import { isFirstWindow } from "../status/first-window.ts";
import type { EndpointStatus, InterfaceStatus, Status } from "../status/status.ts";
import type { AgentAnswer, Answered } from "./agent-socket.ts";
import type { Drain } from "./drain-speed.ts";
import { countText, mbpsText, NONE, percentText, timeLeftText } from "./human-units.ts";
import { usageTables } from "./status-usage.ts";
import { renderTable } from "./table.ts";

/** The drain of an endpoint where it is known; `status` without --watch knows none. */
export type DrainOf = (endpoint: Answered<EndpointStatus>) => Drain | null;

/** Tables, an empty line between them. */
export function statusText(answer: AgentAnswer, drainOf: DrainOf | null = null): string {
  const { status, usage } = answer;
  const tables = [
    `${text(status.instance)}: ${text(status.health)}\nclock: ${clockText(status.clock)}`,
    interfaceTable(status),
    endpointTable(status, drainOf),
    ledgerTable(status.ledger),
    ...usageTables(usage, status.networks ?? []),
    addressTable(status),
  ];
  return tables.filter((table) => table !== "").join("\n\n");
}

function text(value: string | null | undefined): string {
  return value === null || value === undefined ? NONE : harmless(value);
}

function interfaceTable({ interfaces = [], started = "", window_seconds = 0 }: Answered<Status>): string {
  const first = ({ last_window_end = null, completeness = null }: Answered<InterfaceStatus>): string =>
    isFirstWindow({ started, window_seconds }, { last_window_end, completeness }) ? ", first window" : "";
  const rows = interfaces.map((row) => [
    text(row.name),
    text(row.backend),
    row.capturing === true ? `capturing${first(row)}` : text(row.reason ?? "starting"),
    text(row.last_window_end),
    percentText(row.completeness),
    mbpsText(row.in_bps),
    mbpsText(row.out_bps),
    mbpsText(row.unaccounted_bps),
    countText(row.dropped_frames),
  ]);
  const right = ["COMPLETENESS", "IN", "OUT", "UNACCOUNTED", "DROPPED"];
  return renderTable(["INTERFACE", "BACKEND", "STATE", "LAST WINDOW END", ...right], rows, right);
}

function endpointTable({ endpoints = [] }: Answered<Status>, drainOf: DrainOf | null): string {
  const drainCells = (row: Answered<EndpointStatus>): readonly string[] => {
    if (drainOf === null) return [];
    const drain = drainOf(row);
    if (drain === null) return [NONE, NONE];
    return [`${drain.samplesPerSecond.toFixed(0)}/s`, timeLeftText(drain.leftSeconds)];
  };
  const rows = endpoints.map((row) => [
    text(row.name),
    text(row.state),
    countText(row.pending_requests),
    countText(row.pending_samples),
    ...drainCells(row),
    text(row.oldest_pending),
    countText(row.dead_letters),
    row.last_error === null ? "" : text(row.last_error),
  ]);
  const drain = drainOf === null ? [] : ["DRAIN", "LEFT"];
  const header = ["ENDPOINT", "STATE", "REQUESTS", "SAMPLES", ...drain, "OLDEST PENDING", "DEAD LETTERS", "LAST ERROR"];
  return renderTable(header, rows, ["REQUESTS", "SAMPLES", "DRAIN", "LEFT", "DEAD LETTERS"]);
}

function ledgerTable(ledger: Answered<Status>["ledger"]): string {
  if (ledger === null || ledger === undefined) return "";
  const { used_bytes: used = 0, max_bytes: max = 0, dropped_samples: dropped, dropping_since: since } = ledger;
  const share = max === 0 ? NONE : `${((used / max) * 100).toFixed(1)} %`;
  const row = [share, countText(max), countText(dropped?.thinned), countText(dropped?.oldest), text(since)];
  const header = ["LEDGER", "MAX BYTES", "THINNED", "OLDEST DROPPED", "DROPPING SINCE"];
  return renderTable(header, [row], header.slice(0, -1));
}

function addressTable({ top = [] }: Answered<Status>): string {
  const rows = top.map((row) => [
    text(row.address),
    text(row.network),
    text(row.interface),
    countText(row.bytes_in),
    countText(row.bytes_out),
    mbpsText(row.in_bps),
    mbpsText(row.out_bps),
  ]);
  const right = ["BYTES IN", "BYTES OUT", "IN", "OUT"];
  return renderTable(["ADDRESS", "NETWORK", "INTERFACE", ...right], rows, right);
}

function clockText(clock: Answered<Status>["clock"]): string {
  if (clock === null || clock === undefined) return describeClock(null);
  return describeClock({
    synchronized: clock.synchronized === true,
    maxErrorSeconds: clock.max_error_seconds ?? Number.NaN,
  });
}
