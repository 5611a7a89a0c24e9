// From the configuration to what each part takes: defaults that depend on the machine are settled here, once.

import { isDeepStrictEqual } from "node:util";
import { defaultRouteInterface, ownNetworks } from "./capture/interfaces.ts";
import { type Config, ConfigError } from "./config/config.ts";
import type { LedgerOptions } from "./ledger/ledger-options.ts";
import type { MonthCloseOptions } from "./month-close.ts";
import type { Labels, Network } from "./model/network.ts";

export interface AgentOptions {
  readonly config: Config;
  readonly interfaces: readonly string[];
  readonly networks: readonly Network[];
  readonly ledger: LedgerOptions;
}

/** Throws ConfigError where a default is needed and the machine has none. */
export function agentOptions(config: Config): AgentOptions {
  const interfaces = interfacesOf(config);
  const networks = networksOf(config, interfaces);
  return { config, interfaces, networks, ledger: ledgerOptions(config, networks) };
}

/** What replay takes: no interface need exist where networks are configured, and the agent may be running meanwhile. */
export function replayOptions(config: Config): Omit<AgentOptions, "interfaces"> {
  const networks = config.networks.length > 0 ? config.networks : networksOf(config, interfacesOf(config));
  return { config, networks, ledger: { ...ledgerOptions(config, networks), owner: false } };
}

/** What a command takes that hands windows to the ledger and counts none: the networks are those that it knows. */
export function maintenanceOptions(config: Config): LedgerOptions {
  return { ...ledgerOptions(config, []), owner: false };
}

/** The names of the interfaces to capture. */
function interfacesOf(config: Config): readonly string[] {
  if (config.interfaces.length > 0) return config.interfaces.map(({ name }) => name);
  const name = defaultRouteInterface();
  if (name !== null) return [name];
  throw new ConfigError([
    `${config.file}: interface: there is no default route to take the interface of; add [[interface]] with its name`,
  ]);
}

function networksOf(config: Config, interfaces: readonly string[]): readonly Network[] {
  if (config.networks.length > 0) return config.networks;
  const own = ownNetworks(interfaces);
  if (own.length > 0) return own;
  throw new ConfigError([
    `${config.file}: network: ${interfaces.join(", ")} has no address of its own; add [[network]] with the prefixes to account`,
  ]);
}

function ledgerOptions(config: Config, networks: readonly Network[]): LedgerOptions {
  return {
    stateDir: config.agent.stateDir,
    ...config.account,
    owner: true,
    baseLabels: baseLabels(config),
    networks,
    endpoints: config.remoteWrite.map(({ name }) => name),
    endpointsFromNow: config.remoteWrite.filter(({ start }) => start === "now").map(({ name }) => name),
    contracts: config.contracts.map(({ customer, timeZone }) => ({ customer, timeZone })),
    ...config.buffer,
  };
}

/** Labels of everything that is pushed. */
function baseLabels(config: Config): Labels {
  return { ...config.agent.externalLabels, instance: config.agent.instance, job: "acct-agent" };
}

/** The sections that differ and that a reload cannot take on. */
export function restartKeys(running: Config, changed: Config): readonly string[] {
  const sections = ["agent", "capture", "interfaces", "account", "buffer"] as const;
  return sections.filter((section) => !isDeepStrictEqual(running[section], changed[section]));
}

/** What the ledger takes on while it is open. */
export function reloadable({ ledger }: AgentOptions) {
  const { networks, endpoints, endpointsFromNow, contracts } = ledger;
  return { networks, endpoints, endpointsFromNow, contracts };
}

export function monthCloseOptions({ file, billing }: Config): MonthCloseOptions {
  return { schedule: billing.close, configFile: file };
}
