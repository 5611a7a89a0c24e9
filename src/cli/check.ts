// `acct-agent check`: constructs everything without starting it, asks each endpoint, and says what it found.

import { type AgentOptions, agentOptions } from "../agent-options.ts";
import { LedgerError } from "../buffer/database.ts";
import { inspectLedger } from "../buffer/inspect.ts";
import { interfaceIndex } from "../capture/interface-counters.ts";
import { type EndpointConfig, loadConfig } from "../config/config.ts";
import { describeClock, readClockState } from "../lib/clock-state.ts";
import { formatDuration } from "../lib/units.ts";
import type { Labels } from "../model/network.ts";
import { formatPrefix } from "../model/prefix.ts";
import { systemClock } from "../model/time.ts";
import { EMPTY_REQUEST } from "../ship/cut-request.ts";
import { RemoteWriteClient } from "../ship/remote-write-client.ts";
import { VERSION } from "../version.ts";
import { readArguments } from "./arguments.ts";
import { captureFindings, type Finding } from "./check-capture.ts";
import { startFindings } from "./check-start.ts";
import { type ExitCode, print } from "./command.ts";
import { CHECK } from "./options/check.ts";

/** 0 where the agent could run, else 2. */
export async function check(args: readonly string[]): Promise<ExitCode> {
  const { config: file } = readArguments(CHECK, args).options;
  const options = agentOptions(loadConfig(file));
  const findings = [
    { ok: true, subject: "config", text: `${file} is valid` },
    ...options.interfaces.map(interfaceFinding),
    ...(await startFindings(options.config)),
    ...(await captureFindings(options)),
    ...networkFindings(options),
    ...contractFindings(options),
    ledgerFinding(options.config.agent.stateDir),
    { ok: true, subject: "clock", text: describeClock(readClockState()) },
    ...(await Promise.all(options.config.remoteWrite.map(endpointFinding))),
  ];
  for (const { ok, subject, text } of findings) print(`${ok ? "ok  " : "FAIL"}  ${subject}: ${text}`);
  return findings.every(({ ok }) => ok) ? 0 : 2;
}

function interfaceFinding(name: string): Finding {
  const ok = interfaceIndex(name) !== 0;
  return { ok, subject: `interface ${name}`, text: ok ? "is there" : "is not there; ip link shows the names" };
}

function networkFindings({ networks, config }: AgentOptions): Finding[] {
  const prefixes = networks.reduce((sum, network) => sum + network.prefixes.length, 0);
  const own = config.networks.length === 0;
  const shown = own
    ? `the interface's own: ${networks.flatMap((network) => network.prefixes.map(formatPrefix)).join(", ")}`
    : "";
  const window = formatDuration(config.account.windowMs);
  const text = `${networks.length} with ${prefixes} prefixes, in windows of ${window}${own ? `; ${shown}` : ""}`;
  return [{ ok: true, subject: "networks", text }];
}

function contractFindings({ config, networks }: AgentOptions): Finding[] {
  return config.contracts.map(({ customer, name, selector, timeZone }) => {
    const wanted = Object.entries(selector);
    const isSelected = (labels: Labels): boolean =>
      wanted.every(([label, value]) => (labels[label] ?? config.agent.externalLabels[label]) === value);
    const selected = networks.filter(({ labels }) => isSelected(labels)).map((network) => network.name);
    const subject = `contract ${name ?? customer}`;
    const lacking = wanted.map(([label, value]) => `${label} = ${JSON.stringify(value)}`).join(", ");
    const [label, it] = wanted.length === 1 ? ["label", "it"] : ["labels", "them"];
    const fix = `no network has the ${label} ${lacking}; add ${it} to the customer's networks`;
    return selected.length === 0
      ? { ok: false, subject, text: fix }
      : { ok: true, subject, text: `${selected.join(", ")}, months of ${timeZone}` };
  });
}

function ledgerFinding(stateDir: string): Finding {
  try {
    return { ok: true, subject: "ledger", text: inspectLedger(stateDir) };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { ok: false, subject: "ledger", text: error.message };
  }
}

async function endpointFinding(endpoint: EndpointConfig): Promise<Finding> {
  let fallback = "";
  const fellBack = (reason: string): void => {
    fallback = `; it does not take remote-write 2.0 (${reason}) and gets 1.0`;
  };
  const dependencies = { clock: systemClock, version: VERSION, events: { fellBack, short: () => {} } };
  await using client = new RemoteWriteClient(endpoint, dependencies);
  const { outcome, status } = await client.send(EMPTY_REQUEST, 0, new AbortController().signal);
  const ok = outcome.kind === "accepted";
  const text = ok ? `${endpoint.url} accepts remote-write (${status})` : `${endpoint.url}: ${outcome.reason}`;
  return { ok, subject: `endpoint ${endpoint.name}`, text: `${text}${fallback}` };
}
