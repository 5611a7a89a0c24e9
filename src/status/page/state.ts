// The state of an agent in one word and a sentence for each thing that is wrong. Pure, and in words that stay the same
// while the state does: they are announced when they change.

import type { EndpointStatus, InterfaceStatus, LedgerStatus, Status } from "../status.ts";
import { counted } from "../../billing/html/numbers.ts";
import { isFirstWindow } from "../first-window.ts";

export type Level = "ok" | "starting" | "attention" | "fault";

export interface State {
  readonly level: Level;
  /** What it comes to. */
  readonly sentence: string;
  /** What is wrong besides. */
  readonly others: readonly string[];
}

/** Of a window: less was lost than a bill would show. */
const COMPLETE = 0.9999;
/** Behind by more than this, an endpoint is late, and not merely between two runs. */
const LATE_MS = 300_000;
const NEARLY_FULL = 0.9;

export function stateOf(status: Status): State {
  const wrong = warnings(status);
  if (status.health !== "ok") return { level: "fault", sentence: status.health, others: wrong };
  const [first, ...others] = wrong;
  if (status.interfaces.every(({ last_window_end }) => last_window_end === null)) {
    return { level: "starting", sentence: "No window has ended yet.", others: wrong };
  }
  if (first !== undefined) return { level: "attention", sentence: first, others };
  return { level: "ok", sentence: goodNews(status), others: [] };
}

function goodNews({ endpoints }: Status): string {
  return endpoints.length === 0 ? "Counting into the ledger alone." : "Counting and delivering.";
}

function warnings(status: Status): readonly string[] {
  const { interfaces, endpoints, ledger, clock, time } = status;
  return [
    ...interfaces.flatMap((one) => interfaceWarnings(one, status)),
    ...endpoints.flatMap((one) => endpointWarnings(one, time)),
    ...(ledger === null ? [] : ledgerWarnings(ledger)),
    ...(clock?.synchronized === false ? ["The clock is not synchronised, as far as the kernel knows."] : []),
  ];
}

/** What health says already is not said twice. */
function interfaceWarnings(one: InterfaceStatus, status: Status): readonly string[] {
  const { name, reason, completeness } = one;
  if (reason !== null) return status.health.includes(reason) ? [] : [`${name} is not captured: ${reason}`];
  const hasMissed = completeness !== null && completeness < COMPLETE && !isFirstWindow(status, one);
  return hasMissed ? [`${name} missed a part of its last window.`] : [];
}

function endpointWarnings(
  { name, state, oldest_pending, dead_letters }: EndpointStatus,
  now: string,
): readonly string[] {
  const lagMs = oldest_pending === null ? 0 : Date.parse(now) - Date.parse(oldest_pending);
  const troubles = [
    lagMs > LATE_MS && state !== "holding" && "is behind",
    state === "holding" && "is held back until its cause is mended",
    state === "retrying" && "does not take what is sent",
    state === "bisecting" && "refuses a part of what is sent",
    dead_letters > 0 && `has ${counted(dead_letters, "dead letter")}`,
  ].filter((text) => text !== false);
  return troubles.length === 0 ? [] : [`${name} ${troubles.join("; it ")}.`];
}

function ledgerWarnings({ used_bytes, max_bytes, dropping_since }: LedgerStatus): readonly string[] {
  if (dropping_since !== null) return ["The ledger is full and drops samples."];
  return used_bytes >= NEARLY_FULL * max_bytes ? ["The ledger is nearly full."] : [];
}

/** Whether an endpoint is late. */
export function isLate({ oldest_pending }: EndpointStatus, now: string): boolean {
  return oldest_pending !== null && Date.parse(now) - Date.parse(oldest_pending) > LATE_MS;
}

/** Whether nothing worth a word was missed. */
export function isComplete(completeness: number): boolean {
  return completeness >= COMPLETE;
}
