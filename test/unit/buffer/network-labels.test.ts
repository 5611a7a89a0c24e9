// A network whose labels change: each interval keeps those that it was pushed with, in the ledger as in what was pushed.

import { describe, expect, it } from "vitest";
import { IntervalReader } from "../../../src/buffer/interval-reader.ts";
import { Ledger } from "../../../src/ledger/ledger.ts";
import type { Labels, Network } from "../../../src/model/network.ts";
import { ledgerRows, networkOf, type Sample, takeSamples } from "../../support/ledger-options.ts";
import { type Accounting, accounting, at, closeLive, EPOCH_MS } from "../account/accounting.ts";

const RANGE = { startMs: EPOCH_MS, endMs: EPOCH_MS + 86_400_000 };
const row = (bytesIn: number) => [{ ip: "192.0.2.1", bytesIn }];
const acme = (customer: string, changes: Partial<Network> = {}) => ({
  networks: [networkOf("acme", { labels: { customer }, ...changes })],
});
const ofEth1 = { interface: "eth1" };

/** `[interface, seconds after the epoch, customer, bytes received]` of each interval in the ledger. */
function stored({ stateDir }: Accounting) {
  using reader = new IntervalReader(stateDir, 0);
  return reader.networks
    .flatMap(({ name, labelSets }) =>
      reader.interfaces.flatMap((interfaceName) =>
        labelSets.flatMap(({ version, labels }) => {
          const series = { network: name, interface: interfaceName, labelsVersions: [version] };
          const { startsMs, bytesIn } = reader.intervals(series, RANGE);
          return [...startsMs].map((startMs, index) => {
            return [interfaceName, (startMs - EPOCH_MS) / 1_000, customerOf(labels), bytesIn[index]] as const;
          });
        }),
      ),
    )
    .sort(byPlace);
}

/** The same of the gauges that were pushed. */
function pushed(samples: readonly Sample[]) {
  return samples
    .filter(({ name, labels }) => name === "acct_interval_bytes" && labels["direction"] === "in")
    .map(({ labels, timeMs, value }) => {
      const seconds = (timeMs + 1 - EPOCH_MS) / 1_000 - 300;
      return [labels["interface"] ?? "", seconds, customerOf(labels), value] as const;
    })
    .sort(byPlace);
}

function customerOf(labels: Labels): string {
  return labels["customer"] ?? "";
}

type Place = readonly [interfaceName: string, seconds: number, ...rest: unknown[]];

function byPlace([a, aSeconds]: Place, [b, bSeconds]: Place): number {
  return a === b ? aSeconds - bSeconds : a < b ? -1 : 1;
}

const labelRows = ({ stateDir }: Accounting) =>
  ledgerRows(stateDir, "SELECT labels FROM network_labels ORDER BY version").map(({ labels }) => labels);

describe("labels that change", () => {
  it.each(["reload", "restart"])(
    "with a %s leave what was pushed, and are those of the running interval",
    async (way) => {
      await using account = await accounting();
      const ledger = account.open(acme("alpha"));
      const samples = closeLive(ledger, at(240, row(100)), at(300, row(7)));
      if (way === "reload") ledger.configure({ ...account.options(), ...acme("beta") });
      const changed = way === "reload" ? ledger : account.open(acme("beta"));
      samples.push(...closeLive(changed, at(540, row(3)), at(840, row(1))));
      const expected = [
        ["eth0", 0, "alpha", 100],
        ["eth0", 300, "beta", 10],
        ["eth0", 600, "beta", 1],
      ];
      expect(stored(account)).toEqual(expected);
      expect(pushed(samples)).toEqual(expected);
    },
  );

  it("are told apart by interface: one had pushed the interval, the other one had not when the agent ended", async () => {
    await using account = await accounting();
    const ledger = account.open(acme("alpha"));
    const samples = closeLive(ledger, at(180, row(5), ofEth1), at(240, row(100)));
    const restarted = account.open(acme("beta"));
    restarted.settle({ endedByMs: EPOCH_MS + 600_000 });
    samples.push(...takeSamples(restarted));
    const expected = [
      ["eth0", 0, "alpha", 100],
      ["eth1", 0, "beta", 5],
    ];
    expect(pushed(samples)).toEqual(expected);
    expect(stored(account)).toEqual(expected);
  });

  it("are those of a window that a stop had left open, when it is pushed", async () => {
    await using account = await accounting();
    account.open(acme("alpha")).hold(at(0, row(5)));
    const restarted = account.open(acme("beta"));
    restarted.settle({ endedByMs: EPOCH_MS + 600_000 });
    expect(pushed(takeSamples(restarted))).toEqual([["eth0", 0, "beta", 5]]);
    expect(stored(account)).toEqual([["eth0", 0, "beta", 5]]);
  });

  it("do not reach late bytes of an interval that was pushed before", async () => {
    await using account = await accounting();
    closeLive(account.open(acme("alpha")), at(240, row(100)));
    account.open(acme("beta")).close(at(180, row(11)), { live: false });
    expect(stored(account)).toEqual([["eth0", 0, "alpha", 111]]);
  });

  it("are those of now for a network that an interval did not have when it was pushed", async () => {
    await using account = await accounting();
    closeLive(account.open({ networks: [networkOf("globex")] }), at(240, [], { networks: ["globex"] }));
    account.open(acme("alpha"));
    account.open(acme("beta")).close(at(180, row(11)), { live: false });
    expect(stored(account)).toEqual([
      ["eth0", 0, "beta", 11],
      ["eth0", 0, "", 0],
    ]);
  });

  it("make one network of each time out of one that has them in it", async () => {
    await using account = await accounting();
    closeLive(account.open(acme("alpha")), at(240, row(1)));
    closeLive(account.open(acme("beta")), at(540, row(1)), at(840, row(1)));
    using reader = new IntervalReader(account.stateDir, 0);
    const customersIn = (from: number, to: number) => {
      const range = { startMs: EPOCH_MS + from * 1_000, endMs: EPOCH_MS + to * 1_000 };
      return reader.networksIn(range).map(({ name, labels }) => `${name} ${labels["customer"]}`);
    };
    expect(customersIn(0, 900)).toEqual(["acme alpha", "acme beta"]);
    expect(customersIn(0, 300)).toEqual(["acme alpha"]);
    expect(customersIn(300, 900)).toEqual(["acme beta"]);
    expect(customersIn(900, 1_800)).toEqual([]);
  });

  it("are those that a replayed interval was first pushed with", async () => {
    await using account = await accounting();
    const samples = closeLive(account.open(acme("alpha")), at(840, row(100)));
    for (const customer of ["beta", "gamma"]) {
      const ledger = account.open(acme(customer));
      ledger.close(at(0, row(1)), { live: false });
      ledger.settle({ endedByMs: EPOCH_MS + 900_000 });
      samples.push(...takeSamples(ledger));
    }
    expect(stored(account)).toEqual([
      ["eth0", 0, "beta", 2],
      ["eth0", 600, "alpha", 100],
    ]);
    expect(pushed(samples)).toEqual([
      ["eth0", 0, "beta", 1],
      ["eth0", 600, "alpha", 100],
    ]);
  });

  it("of a network that was removed meanwhile leave its past", async () => {
    await using account = await accounting();
    closeLive(account.open(acme("alpha")), at(240, row(100)));
    closeLive(account.open({ networks: [networkOf("globex")] }), at(540, [], { networks: ["globex"] }));
    closeLive(account.open(acme("beta")), at(840, row(1)));
    expect(stored(account).filter(([, , customer]) => customer !== "")).toEqual([
      ["eth0", 0, "alpha", 100],
      ["eth0", 600, "beta", 1],
    ]);
  });

  it("in another program leave those that the agent goes on pushing with", async () => {
    await using account = await accounting();
    const agent = account.open(acme("alpha"));
    const samples = closeLive(agent, at(240, row(100)), at(300, row(1)));
    new Ledger({ ...account.options(), ...acme("beta"), owner: false })[Symbol.dispose]();
    samples.push(...closeLive(agent, at(540, row(10))));
    const expected = [
      ["eth0", 0, "alpha", 100],
      ["eth0", 300, "alpha", 11],
    ];
    expect(pushed(samples)).toEqual(expected);
    expect(stored(account)).toEqual(expected);
  });

  it("and change back are the same ones again", async () => {
    await using account = await accounting();
    for (const [index, customer] of ["alpha", "beta", "alpha"].entries())
      closeLive(account.open(acme(customer)), at(240 + index * 300, row(index)));
    expect(stored(account).map(([, , customer]) => customer)).toEqual(["alpha", "beta", "alpha"]);
    expect(labelRows(account)).toEqual(['{"customer":"alpha"}', '{"customer":"beta"}']);
  });

  it("in their order alone, or beside `bill_by`, are the same", async () => {
    await using account = await accounting();
    account.open(acme("alpha", { labels: { customer: "alpha", site: "fra" } }));
    account.open(acme("alpha", { labels: { site: "fra", customer: "alpha" }, billBy: "address" }));
    expect(labelRows(account)).toEqual(['{"customer":"alpha","site":"fra"}']);
  });

  it("are forgotten with the last interval that had them, unless they are in force", async () => {
    await using account = await accounting();
    closeLive(account.open(acme("alpha")), at(240, row(1)));
    const ledger = account.open(acme("beta"));
    closeLive(ledger, at(540, row(1)));
    ledger.eraseBefore(EPOCH_MS + 299_999);
    expect(labelRows(account)).toHaveLength(2);
    ledger.eraseBefore(EPOCH_MS + 300_000);
    expect(labelRows(account)).toEqual(['{"customer":"beta"}']);
    ledger.eraseBefore(EPOCH_MS + 86_400_000);
    expect(labelRows(account)).toEqual(['{"customer":"beta"}']);
    closeLive(account.open(acme("gamma")), at(840, row(1)));
    expect(stored(account)).toEqual([["eth0", 600, "gamma", 1]]);
  });
});
