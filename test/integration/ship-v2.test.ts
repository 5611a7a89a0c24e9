// The ship stage with remote-write 2.0: a receiver that speaks it, receivers that do not, and a real Prometheus 2.42,
// which takes 2.0 for an empty 1.0 request and answers 204.

import { writeFile } from "node:fs/promises";
import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { selfSamples } from "../../src/telemetry/metrics.ts";
import { runCommand } from "../support/agent-process.ts";
import { Receiver } from "../support/receiver.ts";
import { type Departure, ReceiverV2 } from "../support/receiver-v2.ts";
import { bitsOf } from "../support/decode-v2.ts";
import { startPrometheus } from "../support/prometheus.ts";
import { tempFolder } from "../support/temp-folder.ts";
import { startVictoriaMetrics } from "../support/victoria-metrics.ts";
import { waitFor } from "../support/wait-for.ts";
import { endpointOf, requestOf, startShipper } from "../unit/ship/ship-fixture.ts";

const V2 = { protobufMessage: "io.prometheus.write.v2.Request" } as const;
const FELL_BACK = "warn: endpoint does not take remote-write 2.0: it gets 1.0 until a reload";
const SAMPLES_WRITTEN = "x-prometheus-remote-write-samples-written";

const stored = (receiver: ReceiverV2) => [...receiver.samples.values()].flatMap((series) => [...series.values()]);
const versions = (receiver: ReceiverV2): number[] => receiver.requests.map(({ version }) => version);

async function shortWrites(ship: ReturnType<typeof startShipper>): Promise<number | undefined> {
  const samples = await selfSamples(ship.metrics);
  return samples.find(({ name }) => name === "acct_ship_short_writes_total")?.value;
}

describe.concurrent("remote-write 2.0", () => {
  it("is sent with its headers to a receiver that is configured for it, and stored as it was", async () => {
    await using receiver = await ReceiverV2.start();
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([2, 2]);
    expect(receiver.requests[0]?.headers).toMatchObject({
      "content-encoding": "snappy",
      "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "x-prometheus-remote-write-version": "2.0.0",
      "user-agent": "acct-agent/0.1.0",
    });
    expect(stored(receiver)).toEqual([bitsOf(1), bitsOf(2)]);
    expect(await shortWrites(ship)).toBe(0);
    expect(ship.headlines()).toEqual([]);
  });

  it("is not sent by default", async () => {
    await using receiver = await ReceiverV2.start();
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([1]);
    expect(receiver.requests[0]?.headers["content-type"]).toBe("application/x-protobuf");
  });

  it("resends the same bytes", async () => {
    await using receiver = await ReceiverV2.start();
    receiver.departure = (_request, number) => (number < 3 ? { status: 503 } : {});
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    const [first, ...others] = receiver.requests.map(({ body }) => body);
    expect(others.map((body) => Buffer.compare(body, first ?? Buffer.alloc(0)))).toEqual([0, 0]);
    expect(receiver.requests.map(({ headers }) => headers["retry-attempt"])).toEqual([undefined, "1", "2"]);
  });

  it("gives way to 1.0 on 415, at once and for good, until a reload", async () => {
    await using receiver = await ReceiverV2.start();
    receiver.versions = [1];
    const endpoint = endpointOf(receiver.url, V2);
    await using ship = startShipper([endpoint], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([2, 1, 1]);
    expect(ship.headlines()).toEqual([FELL_BACK]);
    receiver.versions = [1, 2];
    ship.shipper.reconfigure([{ ...endpoint }]);
    ship.outbox.append(requestOf(3));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([2, 1, 1, 2]);
    expect(stored(receiver)).toEqual([bitsOf(1), bitsOf(2), bitsOf(3)]);
  });

  it("gives way to 1.0 when a 2xx says nothing of what was written", async () => {
    await using receiver = await ReceiverV2.start();
    receiver.departure = ({ version }) => (version === 2 ? { silent: true, writes: 0 } : {});
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([2, 1, 1]);
    expect(stored(receiver)).toEqual([bitsOf(1), bitsOf(2)]);
    expect(ship.headlines()).toEqual([FELL_BACK]);
  });

  it("gives way to 1.0 where 400 is about the message: the same samples are accepted as 1.0", async () => {
    await using receiver = await ReceiverV2.start();
    receiver.departure = ({ version }) => (version === 2 ? { status: 400, silent: true, body: "snappy: corrupt" } : {});
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1), requestOf(2));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(versions(receiver)).toEqual([2, 1, 1]);
    expect(ship.headlines()).toEqual([FELL_BACK]);
  });

  it("holds what a 2xx says was not all written, and counts it", async () => {
    await using receiver = await ReceiverV2.start();
    receiver.departure = () => ({ writes: 0 });
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1), requestOf(2));
    await waitFor("the hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(ship.shipper.state()[0]?.lastError).toBe("HTTP 204, but 0 of 1 samples were written");
    expect(ship.outbox.pending("central")).toBe(2);
    expect(versions(receiver)).toEqual([2]);
    expect(await shortWrites(ship)).toBe(1);
    expect(ship.headlines()).toEqual(["error: request not accepted, holding it until an operator acts"]);
  });

  it.each<[string, Departure]>([
    [
      "a captive portal's page",
      { status: 200, silent: true, headers: { "content-type": "text/html" }, body: "<html>" },
    ],
    ["a redirect", { status: 302, silent: true, headers: { location: "http://login.test/" } }],
    ["refused credentials", { status: 401, silent: true }],
    ["a wrong path", { status: 404, silent: true }],
  ])("does not give way for %s", async (_what, departure) => {
    await using receiver = await ReceiverV2.start();
    receiver.departure = () => departure;
    await using ship = startShipper([endpointOf(receiver.url, V2)], requestOf(1));
    await waitFor("the hold", () => ship.shipper.state()[0]?.state === "holding");
    expect(versions(receiver)).toEqual([2]);
    expect(ship.headlines()).not.toContain(FELL_BACK);
  });

  it("asks nothing of the answers to 1.0", async () => {
    await using receiver = await Receiver.start();
    receiver.script({ status: 204, headers: { [SAMPLES_WRITTEN]: "0" } });
    await using ship = startShipper([endpointOf(receiver.url)], requestOf(1));
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(await shortWrites(ship)).toBe(0);
  });

  it.each([
    ["Prometheus 2.42", () => startPrometheus({ outOfOrder: true })],
    ["VictoriaMetrics 1.79", startVictoriaMetrics],
  ])("loses nothing at a real %s, which does not know it", async (_name, start) => {
    await using server = await start();
    const requests = [requestOf(1), requestOf(2)];
    await using ship = startShipper([endpointOf(server.writeUrl, V2)], ...requests);
    await waitFor("the delivery", () => ship.outbox.pending("central") === 0);
    expect(ship.headlines()).toEqual([FELL_BACK]);
    const timeMs = (requests[0]?.windowEndMs ?? 0) - 1;
    const found = await waitFor("the samples", async () => {
      const series = await server.exportSeries("acct_bytes_total", timeMs, timeMs);
      return series.length === 2 ? series : null;
    });
    expect(new Set(found.map(({ samples }) => samples[0]?.value))).toEqual(new Set([1, 2]));
    const { reason } = ship.lines.find(({ msg }) => msg.includes("remote-write 2.0")) ?? {};
    expect(reason).toBe("HTTP 204 without written counts");
  });
});

describe.concurrent("check", () => {
  it("says what an endpoint that is configured for remote-write 2.0 will get (build before)", async () => {
    await using folder = await tempFolder();
    await using knows = await ReceiverV2.start();
    await using lacks = await startPrometheus({ outOfOrder: true });
    const protobuf_message = "io.prometheus.write.v2.Request";
    const config = {
      agent: { state_dir: "state", listen: "" },
      interface: [{ name: "lo" }],
      network: [{ name: "acme", prefixes: ["192.0.2.0/24"] }],
      remote_write: [
        { name: "knows", url: knows.url, protobuf_message },
        { name: "lacks", url: lacks.writeUrl, protobuf_message },
      ],
    };
    await writeFile(folder.file("agent.toml"), stringify(config));
    const { stdout } = await runCommand("check", "--config", folder.file("agent.toml"));
    expect(versions(knows)).toEqual([2]);
    expect(stdout.split("\n").filter((line) => line.includes("endpoint "))).toEqual([
      `ok    endpoint knows: ${knows.url} accepts remote-write (204)`,
      `ok    endpoint lacks: ${lacks.writeUrl} accepts remote-write (204); it does not take remote-write 2.0 ` +
        "(HTTP 204 without written counts) and gets 1.0",
    ]);
  });
});
