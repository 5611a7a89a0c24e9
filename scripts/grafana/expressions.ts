// PromQL that dashboards share. A network whose contracts are in two time zones is pushed once for each: `max by` its own
// labels counts it once. A network without the label customer is a customer by its own name.

import { BILLING_INTERVAL_MS } from "../../src/model/time.ts";

const INTERVAL_SECONDS = BILLING_INTERVAL_MS / 1000;

/** Step of graphs of billing intervals: each point is one of them. */
export const INTERVAL_STEP = "5m";
/** A look-back from a point of that grid to the one sample of the interval that ends there. */
export const ONE_INTERVAL = `${INTERVAL_SECONDS - 1}s`;
/** A look-back to the newest interval, wherever the evaluation falls. */
export const NEWEST_INTERVAL = "10m";
/** At most as many points as Prometheus answers with, and one for each billing interval of a month. */
export const MONTH_POINTS = 7300;
/** A look-back to the newest of what comes with each window, as in the alerts. */
const NEWEST = "15m";

/** The last value of what an agent pushes with each window. */
export function newest(metric: string, matchers = ""): string {
  return `last_over_time(${own(metric, matchers)}[${NEWEST}])`;
}

/** A series of an agent itself; `matchers` follow others. */
export function own(metric: string, matchers = ""): string {
  return `${metric}{job="acct-agent"${matchers}}`;
}

export interface Look {
  /** How far back a point looks. */
  readonly lookBack: string;
  /** Further matchers, after a comma. */
  readonly matchers?: string;
  /** Every point looks back from the end of the range. */
  readonly atEnd?: boolean;
}

/** Bytes of billing intervals of everybody, {customer, instance, interface, network, direction}. */
export function allIntervals(look: Look): string {
  return bytesOf(['customer!=""', 'customer=""'], look);
}

/** The same of what the dashboard's variables choose. */
export function chosenIntervals(look: Look): string {
  const chosen = 'network=~"$network",instance=~"$instance"';
  return bytesOf([`customer=~"$customer",${chosen}`, `customer="",network=~"$customer",${chosen}`], look);
}

function bytesOf([labelled, unlabelled]: readonly [string, string], look: Look): string {
  const { lookBack, matchers = "", atEnd = false } = look;
  const last = (labels: string): string =>
    `last_over_time(acct_interval_bytes{${labels}${matchers}}[${lookBack}]${atEnd ? " @ end()" : ""})`;
  const series = `${last(labelled)} or ${asCustomer(last(unlabelled))}`;
  return `max by (customer, instance, interface, network, direction) (${series})`;
}

/** Gives series the label customer with their network's name. */
export function asCustomer(vector: string): string {
  return `label_replace(${vector}, "customer", "$1", "network", "(.+)")`;
}

/** Bits a second of bytes of billing intervals, added up by labels. */
export function rate(labels: string, bytes: string): string {
  return `sum by (${labels}) (${bytes}) * 8 / ${INTERVAL_SECONDS}`;
}

/** A number also where nothing is found. */
export function orZero(expression: string): string {
  return `${expression} or vector(0)`;
}
