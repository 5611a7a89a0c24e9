// What the agent does not write down: with whom an accounted address talked. Looked for in every byte of a ledger and its
// journal, and in what is queued for receivers.

import { readFile, writeFile } from "node:fs/promises";
import Sqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";

import { LEDGER_FILE } from "../../src/buffer/database.ts";
import { Replay } from "../../src/capture/replay/replay.ts";
import { accountStagedWindows } from "../../src/ledger/account-staged.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { ADDRESS_BYTES, addressToBytes, parseAddress } from "../../src/model/address.ts";
import { parsePrefix, type Prefix } from "../../src/model/prefix.ts";
import { type CapturedFrame, pcapFile } from "../support/capture-file.ts";
import { framesOf } from "../support/flows.ts";
import { ledgerOptions, networkOf, takeSamples } from "../support/ledger-options.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";

const LOCAL = ["10.1.0.77", "2001:db8:1::4d"];
const REMOTE = ["198.51.100.213", "2001:db8:ffff:e1a:c0de::7"];
const START_MS = Date.UTC(2026, 9, 15, 12);

/** Both directions of each pair, and remote hosts among themselves, over ten minutes. */
function capture(): CapturedFrame[] {
  const frames = LOCAL.flatMap((local, index) => {
    const remote = REMOTE[index] ?? "";
    const pairs = [
      [remote, local],
      [local, remote],
      [remote, remote],
    ] as const;
    return pairs.flatMap(([source, destination]) => framesOf({ source, destination, payload: 333, count: 20 }));
  });
  return frames.map((frame, index) => ({ timeNs: BigInt(START_MS + index * 5_000) * 1_000_000n, frame }));
}

function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (!prefix.ok) throw new Error(prefix.problem);
  return prefix.value;
}

/** The bytes that an address could be found by: as text, as hexadecimal text, and as it stands in a packet. */
function formsOf(text: string): Buffer[] {
  const address = parseAddress(text);
  if (address === null) throw new Error(text);
  const bytes = addressToBytes(address).subarray(text.includes(":") ? 0 : ADDRESS_BYTES - 4);
  const hexadecimal = bytes.toString("hex");
  return [Buffer.from(text), Buffer.from(hexadecimal), Buffer.from(hexadecimal.toUpperCase()), Buffer.from(bytes)];
}

/** Accounts the capture as replay does, with an interval of each address, and returns the files as they are then. */
async function ledgerFiles(folder: TempFolder) {
  const networks = [
    networkOf("acme", { prefixes: ["10.1.0.0/24", "2001:db8:1::/48"].map(prefixOf), billBy: "address" }),
  ];
  const options = ledgerOptions(folder.path, { networks });
  await writeFile(folder.file("trial.pcap"), pcapFile(capture()));
  using ledger = new Ledger(options);
  const stage = ledger.stage();
  const replay = new Replay({ windowMs: 60_000, maxAddresses: 100, networks }, { stage, accounted: () => false });
  const { digest, packets: frames } = await replay.file(folder.file("trial.pcap"));
  const files = [{ digest, frames }];
  const nowMs = START_MS + 3_600_000;
  accountStagedWindows(ledger, stage, { interface: "replay", windowMs: 60_000, networks: ["acme"], files, nowMs });
  const journal = await readFile(`${folder.file(LEDGER_FILE)}-wal`);
  checkpoint(folder);
  return { journal, ledger: await readFile(folder.file(LEDGER_FILE)), samples: takeSamples(ledger) };
}

/** Moves what is in the journal into the file. */
function checkpoint(folder: TempFolder): void {
  const database = new Sqlite(folder.file(LEDGER_FILE));
  database.pragma("wal_checkpoint(FULL)");
  database.close();
}

describe("a remote address", () => {
  it("is nowhere in the ledger, its journal and what is pushed; an accounted one is in all of them", async () => {
    await using folder = await tempFolder();
    const { journal, ledger, samples } = await ledgerFiles(folder);
    for (const file of [journal, ledger]) {
      expect(REMOTE.flatMap(formsOf).filter((form) => file.includes(form))).toEqual([]);
      expect(LOCAL.flatMap(formsOf).filter((form) => file.includes(form)).length).toBeGreaterThanOrEqual(LOCAL.length);
    }
    const pushed = new Set(samples.flatMap(({ labels }) => Object.values(labels)));
    expect(LOCAL.every((local) => pushed.has(local))).toBe(true);
    expect([...pushed].filter((value) => REMOTE.some((remote) => value.includes(remote)))).toEqual([]);
  });
});
