// Billing intervals and the calendar, pushed as agents push them: the product's encoder and client into a real receiver.

import type { IntervalSeries } from "../../src/billing/interval-series.ts";
import { Calendar, intervalsBetween } from "../../src/model/calendar.ts";
import type { Labels } from "../../src/model/network.ts";
import { BILLING_INTERVAL_MS, sampleTime } from "../../src/model/time.ts";
import { RemoteWriteClient } from "../../src/ship/remote-write-client.ts";
import { type SeriesTemplate, WriteRequestBuilder } from "../../src/ship/write-request.ts";
import { endpointOf } from "../unit/ship/ship-fixture.ts";

export interface LabelledSeries extends IntervalSeries {
  /** The network's own labels. */
  readonly labels: Labels;
}

export interface Push {
  readonly series: readonly LabelledSeries[];
  readonly timeZone: string;
  /** What agents say of the calendar in `[fromMs, toMs)`; null for nothing. */
  readonly calendar: { readonly fromMs: number; readonly toMs: number } | null;
}

interface Sample {
  readonly template: SeriesTemplate;
  readonly timeMs: number;
  readonly value: number;
}

/** Pushes everything in the order of time; throws where a request is not accepted. */
export async function pushIntervals(writeUrl: string, push: Push): Promise<void> {
  await send(writeUrl, (builder) => [...usageSamples(builder, push), ...calendarSamples(builder, push)]);
}

export interface NamedSample {
  readonly name: string;
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
}

/** The same of any samples, one of each series. */
export async function pushSamples(writeUrl: string, samples: readonly NamedSample[]): Promise<void> {
  await send(writeUrl, (builder) =>
    samples.map(({ name, labels, ...sample }) => ({ template: builder.template(name, labels), ...sample })),
  );
}

async function send(writeUrl: string, samplesOf: (builder: WriteRequestBuilder) => Sample[]): Promise<void> {
  const bodies: Uint8Array[] = [];
  const emit = ({ body }: { body: Uint8Array }): number => bodies.push(body);
  const builder = new WriteRequestBuilder({ maxSamples: 10_000, baseLabels: { job: "acct-agent" }, emit });
  for (const { template, value, timeMs } of samplesOf(builder).sort((a, b) => a.timeMs - b.timeMs))
    builder.add(template, value, timeMs);
  builder.flush();
  const clock = { now: () => Date.now() };
  await using client = new RemoteWriteClient(endpointOf(writeUrl), { clock, version: "0.1.0" });
  for (const body of bodies) {
    const { outcome, words } = await client.send(body, 0, new AbortController().signal);
    if (outcome.kind !== "accepted") throw new Error(`${writeUrl}: ${outcome.kind}, ${words}`);
  }
}

function* usageSamples(builder: WriteRequestBuilder, { series, timeZone }: Push): Generator<Sample> {
  const calendar = new Calendar(timeZone);
  for (const { labels, instance, interface: name, network, startsMs, bytesIn, bytesOut } of series) {
    const shared = { ...labels, instance, interface: name, network, time_zone: timeZone };
    for (const [direction, bytes] of Object.entries({ in: bytesIn, out: bytesOut })) {
      const templates = new Map<string, SeriesTemplate>();
      for (const [row, startMs] of startsMs.entries()) {
        const { period } = calendar.monthAt(startMs);
        const template =
          templates.get(period) ?? builder.template("acct_interval_bytes", { ...shared, direction, period });
        templates.set(period, template);
        yield { template, timeMs: sampleTime(startMs + BILLING_INTERVAL_MS), value: bytes[row] ?? 0 };
      }
    }
  }
}

function* calendarSamples(
  builder: WriteRequestBuilder,
  { series, timeZone, calendar: range }: Push,
): Generator<Sample> {
  if (range === null) return;
  const calendar = new Calendar(timeZone);
  const templates = new Map<string, SeriesTemplate>();
  for (const instance of new Set(series.map((one) => one.instance))) {
    const templateOf = (period: string, which: string): SeriesTemplate => {
      const key = JSON.stringify([instance, period, which]);
      const labels = { instance, time_zone: timeZone, period, which };
      const template = templates.get(key) ?? builder.template("acct_period_intervals", labels);
      templates.set(key, template);
      return template;
    };
    for (let startMs = range.fromMs; startMs < range.toMs; startMs += BILLING_INTERVAL_MS) {
      const [endMs, current] = [startMs + BILLING_INTERVAL_MS, calendar.monthAt(startMs)];
      const previous = calendar.monthBefore(current);
      const timeMs = sampleTime(endMs);
      yield {
        template: templateOf(current.period, "current"),
        timeMs,
        value: intervalsBetween(current.startMs, endMs),
      };
      const before = intervalsBetween(previous.startMs, previous.endMs);
      yield { template: templateOf(previous.period, "previous"), timeMs, value: before };
    }
  }
}
