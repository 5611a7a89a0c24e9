// Series, networks and completeness out of samples, whatever engine they come from.

import { describe, expect, it } from "vitest";
import { matrixReply, QueryApi, type MatrixSeries } from "../../support/query-api.ts";
import { directionOf, HOUR, INTERVAL_MS, secondsOf, sourceOf, START_MS } from "./prometheus-fixture.ts";

async function usageOf(series: readonly MatrixSeries[], windows: readonly MatrixSeries[] = []) {
  await using api = await QueryApi.start();
  api.rule = ({ form }) => {
    const seconds = Number(/\[(\d+)s\]$/.exec(form["query"] ?? "")?.[1]);
    const found = form["query"]?.startsWith("acct_window_completeness_ratio") === true ? windows : series;
    const isIn = ([time]: readonly [number, string]): boolean => time > Number(form["time"]) - seconds;
    return matrixReply(found.map(({ metric, values }) => ({ metric, values: values.filter(isIn) })));
  };
  await using source = sourceOf(api.url);
  return await source.usage(HOUR).catch((error: unknown) => String(error).replace(api.url, "URL"));
}

/** Windows of a minute that end `minutes` after the hour's start. */
function windowsOf(minutes: readonly number[], values: readonly string[], name = "eth0"): MatrixSeries {
  const metric = { __name__: "acct_window_completeness_ratio", instance: "edge-01", interface: name };
  return {
    metric,
    values: minutes.map((minute, index) => [
      (START_MS + minute * 60_000 - 1) / 1000,
      values[index % values.length] ?? "",
    ]),
  };
}

const minutesTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

describe("series out of Prometheus", () => {
  it("are exact up to 2^53 - 1, in the order of network, instance and interface", async () => {
    const largest = String(Number.MAX_SAFE_INTEGER);
    const usage = await usageOf([
      directionOf("in", ["7"], { network: "b" }),
      directionOf("out", ["8"], { network: "b" }),
      directionOf("out", ["0", "3000000000000001"]),
      directionOf("in", [largest, "1"]),
      directionOf("in", ["5"], { instance: "edge-00" }),
      directionOf("out", ["6"], { instance: "edge-00" }),
    ]);
    const keys = { interface: "eth0", network: "acme-fra" };
    expect(usage).toEqual({
      series: [
        seriesOf({ ...keys, instance: "edge-00" }, [5], [6]),
        seriesOf({ ...keys, instance: "edge-01" }, [Number.MAX_SAFE_INTEGER, 1], [0, 3_000_000_000_000_001]),
        seriesOf({ ...keys, instance: "edge-01", network: "b" }, [7], [8]),
      ],
      completeness: null,
    });
  });

  it("go on where a network's labels change, and take a repeated push once", async () => {
    const later = (direction: string): MatrixSeries => {
      const { metric } = directionOf(direction, [], { environment: "production" });
      return {
        metric,
        values: [
          [secondsOf(2), "3"],
          [secondsOf(2), "3"],
          [secondsOf(3), "4"],
        ],
      };
    };
    const usage = await usageOf([directionOf("in", ["1"]), directionOf("out", ["2"]), later("in"), later("out")]);
    const key = { instance: "edge-01", interface: "eth0", network: "acme-fra" };
    expect(usage).toMatchObject({ series: [seriesOf(key, [1, 3, 4], [2, 3, 4], [0, 2, 3])] });
  });

  it.each([
    ["two values", [["1"], ["2"]], /edge-01.* at 2026-10-01T00:04:59.999Z is both 1 and 2; find out who else writes/],
    ["a fraction", [["1.5"]], / is 1\.5, no whole number of bytes; find out/],
    ["what is no number", [["NaN"]], / is NaN, no whole number of bytes; /],
    ["a value beyond 2^53", [["9007199254740993"]], / is 9007199254740993, no whole number of bytes; /],
  ])("are an error with %s of an interval", async (_, values, message) => {
    const usage = await usageOf(values.map((one) => directionOf("in", one)));
    expect(usage).toMatch(/^PrometheusError: \[query\] url URL: the sample of acct_interval_bytes\{[^\n]*$/);
    expect(usage).toMatch(message);
  });

  it("are an error where a sample is at no interval's end", async () => {
    const { metric } = directionOf("in", []);
    const usage = await usageOf([{ metric, values: [[secondsOf(0) + 1, "1"]] }]);
    expect(usage).toMatch(/ at 2026-10-01T00:05:00.999Z is at no interval's last millisecond; /);
  });

  it("are an error that names both where an interval is in two of them", async () => {
    const usage = await usageOf([directionOf("in", ["1"]), directionOf("in", ["1"], { replica: "b" })]);
    expect(usage).toMatch(
      /: the interval 2026-10-01T00:00:00.000Z is in two series, acct_interval_bytes\{[^}]*\} and acct_interval_bytes\{[^}]*,replica="b",[^}]*\}; give each agent its own/,
    );
  });

  it("are an error where an old interval lacks a direction", async () => {
    const usage = await usageOf([directionOf("in", ["1", "2"]), directionOf("out", ["1"])]);
    expect(usage).toMatch(
      /the interval 2026-10-01T00:05:00.000Z of acct_interval_bytes\{.*direction="in".*\} lacks the other/,
    );
  });

  it("leave an interval out of which one direction is still on its way", async () => {
    await using api = await QueryApi.start();
    const endMs = Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS;
    const recent = (direction: string, ends: readonly number[]): MatrixSeries => {
      const { metric } = directionOf(direction, []);
      return { metric, values: ends.map((timeMs) => [(timeMs - 1) / 1000, "1"]) };
    };
    api.rule = () => matrixReply([recent("in", [endMs - INTERVAL_MS, endMs]), recent("out", [endMs - INTERVAL_MS])]);
    await using source = sourceOf(api.url);
    const series = await source.series({ ...HOUR, startMs: endMs - 12 * INTERVAL_MS, endMs });
    expect(series.map(({ startsMs }) => [...startsMs])).toEqual([[endMs - 2 * INTERVAL_MS]]);
  });

  it.each(["network", "instance", "interface", "direction"])("are an error without the label %s", async (label) => {
    const { metric, values } = directionOf("in", ["1"]);
    const rest = Object.fromEntries(Object.entries(metric).filter(([name]) => name !== label));
    expect(await usageOf([{ metric: rest, values }])).toMatch(/lacks the label direction \(in or out\), network, /);
  });
});

describe("completeness out of Prometheus", () => {
  const both = (values: readonly string[]): MatrixSeries[] => [directionOf("in", values), directionOf("out", values)];
  const completenessOf = async (values: readonly string[], windows: readonly MatrixSeries[]): Promise<unknown> => {
    const usage = await usageOf(both(values), windows);
    return typeof usage === "string" ? usage : usage.completeness;
  };

  it("is 1 where every window of the observed intervals is, whatever windows there are besides", async () => {
    const zero = windowsOf([-3, -2, 16, 17, 18], ["0"]);
    const whole = windowsOf(minutesTo(15), ["1"]);
    const values = [...zero.values, ...whole.values].sort(([a], [b]) => a - b);
    expect(await completenessOf(["1", "1", "1"], [{ ...whole, values }])).toBe(1);
  });

  it("counts a window without a sample as 0", async () => {
    const minutes = minutesTo(15).filter((minute) => minute !== 7 && minute !== 8);
    expect(await completenessOf(["1", "1", "1"], [windowsOf(minutes, ["1"])])).toBeCloseTo(13 / 15, 12);
  });

  it("counts a window once that was pushed twice", async () => {
    const { metric, values } = windowsOf(minutesTo(15), ["0.5", "1", "1"]);
    const twice = values.flatMap((value) => [value, value]);
    expect(await completenessOf(["1", "1", "1"], [{ metric, values: twice }])).toBeCloseTo(12.5 / 15, 12);
  });

  it("goes by the windows that an agent has, where it shows enough of them", async () => {
    const half = windowsOf(
      minutesTo(60).map((minute) => minute / 2),
      ["1", "0.5"],
    );
    expect(await completenessOf(Array(6).fill("1"), [half])).toBe(0.75);
    const long = windowsOf(
      minutesTo(12).map((minute) => minute * 5),
      ["1"],
    );
    expect(await completenessOf(Array(12).fill("1"), [long])).toBe(1);
    expect(await completenessOf(["1"], [{ ...long, values: long.values.slice(0, 1) }])).toBe(0.2);
  });

  it("follows a window length that was changed", async () => {
    const minutes = [...minutesTo(12).map((minute) => minute * 5), ...minutesTo(360).map((part) => 60 + part / 12)];
    expect(await completenessOf(Array(18).fill("1"), [windowsOf(minutes, ["1"])])).toBeCloseTo(1, 12);
  });

  it("tells the length of windows by the hours around, where one hour has too few", async () => {
    const long = minutesTo(23).map((part) => part * 5);
    const short = minutesTo(360).map((part) => 240 + part / 12);
    const windows = windowsOf([...long, ...short], ["1"]);
    expect(await completenessOf(Array(23).fill("1"), [windows])).toBeCloseTo(1, 12);
  });

  it("is not known without a sample, and of other interfaces says nothing", async () => {
    expect(await completenessOf(["1"], [])).toBeNull();
    expect(await completenessOf(["1"], [windowsOf(minutesTo(5), ["1"], "eth1")])).toBeNull();
    expect(await completenessOf([], [windowsOf(minutesTo(5), ["1"])])).toBeNull();
  });

  it("asks for a week that is over once", async () => {
    await using api = await QueryApi.start();
    api.rule = ({ form }) =>
      matrixReply(form["query"]?.startsWith("acct_interval") === true ? both(["1"]) : [windowsOf([1], ["1"])]);
    await using source = sourceOf(api.url);
    await source.usage(HOUR);
    await source.usage({ ...HOUR, selector: { customer: "other" } });
    expect(api.queries.filter(({ form }) => form["query"]?.includes("completeness"))).toHaveLength(1);
  });
});

function seriesOf(key: object, bytesIn: readonly number[], bytesOut: readonly number[], indices = [...bytesIn.keys()]) {
  return {
    ...key,
    startsMs: Float64Array.from(indices, (index) => START_MS + index * INTERVAL_MS),
    bytesIn: Float64Array.from(bytesIn),
    bytesOut: Float64Array.from(bytesOut),
  };
}
