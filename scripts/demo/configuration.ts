// The configuration files of the demonstration.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify, type TomlTable } from "smol-toml";
import { CUSTOMERS } from "./customers.ts";
import { bpffsOf, type Ground } from "./ground.ts";

export const WINDOW_MS = 5_000;

/** The agent's, and beside it one of longer windows for the history: a month of short ones would be half a million. */
export async function writeConfiguration(ground: Ground, prometheusUrl: string): Promise<void> {
  const config = configuration(ground, prometheusUrl);
  await writeFile(ground.configFile, stringify({ ...config, account: { window: `${WINDOW_MS / 1_000}s` } }));
  await writeFile(historyConfigOf(ground), stringify({ ...config, account: { window: "300s" } }));
}

export function historyConfigOf({ folder }: Ground): string {
  return join(folder, "history.toml");
}

function configuration(ground: Ground, prometheusUrl: string): TomlTable {
  return {
    agent: { instance: "demo-edge", state_dir: ground.stateDir, listen: "" },
    capture: { bpffs: bpffsOf(ground) },
    interface: [{ name: ground.edge.interface }],
    network: CUSTOMERS.map(({ name, prefix }) => ({
      name: `${name}-net`,
      prefixes: [prefix],
      labels: { customer: name },
    })),
    remote_write: [
      { name: "prometheus", url: `${prometheusUrl}/api/v1/write`, schedule: "* * * * * *", catch_up: "batched" },
    ],
    query: { url: prometheusUrl },
    contract: CUSTOMERS.map(({ name, contract }) => ({ customer: name, ...contract })),
  };
}
