// The rule file of a configuration: recording rules of its contracts and networks, and alerting rules. Every figure is made
// anew from raw samples at each evaluation, so that what is back-filled corrects it.

import type { ByteLayer } from "../../model/byte-layer.ts";
import type { Contract } from "../../model/contract.ts";
import { withDefaultContracts } from "../default-contracts.ts";
import type { KnownNetwork } from "../interval-series.ts";
import { AGENT_ALERTS, commitAlerts, COVERAGE_ALERT } from "./alerting-rules.ts";
import { type ContractChain, contractChains, customerRules } from "./customer-rules.ts";
import { MONTHS, type MonthName } from "./month.ts";
import { networkContracts, type NetworkRule, networkRules } from "./network-rules.ts";
import { type Pace, paceOf, repeatingGroup, RULE_SECONDS, slowRule } from "./pace.ts";
import { type RecordingRule, type Rule, type RuleGroup, ruleFileText } from "./rule-file.ts";

export interface RulesInput {
  readonly contracts: readonly Contract[];
  readonly networks: readonly KnownNetwork[];
  readonly byteLayer: ByteLayer;
  readonly nowMs: number;
}

/** YAML that Prometheus from 2.42 on and vmalert take. */
export function rulesText(input: RulesInput): string {
  const { nowMs } = input;
  const contracts = withDefaultContracts(input.contracts, input.networks, input.byteLayer);
  const chains = contractChains(contracts, nowMs);
  const networks = networkContracts(input.contracts, input.networks, input);
  const groups = [
    ...recordingGroups({ chains, networks, nowMs }),
    { name: "acct alerts", interval: null, rules: alertingRules(chains) },
  ];
  return ruleFileText(groups, [...HEAD, ...chains.flatMap(successionComment)]);
}

interface Subjects {
  readonly chains: readonly ContractChain[];
  readonly networks: readonly NetworkRule[];
  readonly nowMs: number;
}

/** The rules of one chain or network in one month. */
interface SubjectRules {
  readonly timeZone: string;
  readonly rules: readonly RecordingRule[];
}

function recordingGroups(subjects: Subjects): RuleGroup[] {
  const paces = {
    month: paceOf(secondsOf("month", subjects)),
    previous_month: paceOf(secondsOf("previous_month", subjects)),
  };
  const { chains, networks, nowMs } = subjects;
  const groups = MONTHS.flatMap((month) => [
    ...groupsOf(
      `acct customers ${month}`,
      chains.map((chain) => ofChain(chain, month, nowMs)),
      paces[month],
    ),
    ...groupsOf(
      `acct networks ${month}`,
      networks.map((network) => ofNetwork(network, month, nowMs)),
      paces[month],
    ),
  ]);
  const repeating = repeatingGroup(RECORDED, paces);
  return repeating === null ? groups : [...groups, repeating];
}

/** Of one processor, for all rules of a month. */
function secondsOf(month: MonthName, { chains, networks }: Subjects): number {
  const contracts = chains.flat().map((contract) => RULE_SECONDS.contract[month] * effortOf(contract));
  const ofNetworks = networks.map(({ contract }) => RULE_SECONDS.network[month] * effortOf(contract));
  return [...contracts, ...ofNetworks].reduce((sum, seconds) => sum + seconds, 0);
}

/** What was seen before is looked up at each step where gaps are left out. */
function effortOf({ gaps }: Contract): number {
  return gaps === "exclude" ? 4 : 1;
}

function ofChain(chain: ContractChain, month: MonthName, nowMs: number): SubjectRules {
  return { timeZone: (chain.at(-1) ?? chain[0]).timeZone, rules: customerRules(chain, month, nowMs) };
}

function ofNetwork(network: NetworkRule, month: MonthName, nowMs: number): SubjectRules {
  return { timeZone: network.contract.timeZone, rules: networkRules(network, month, nowMs) };
}

/** Rules of a group run one after another: so few that a group is done in seconds, and groups share the processors. */
const SUBJECTS_PER_GROUP = 20;

function groupsOf(name: string, subjects: readonly SubjectRules[], { interval, repeatedFor }: Pace): RuleGroup[] {
  const rulesOf = ({ rules, timeZone }: SubjectRules): readonly RecordingRule[] =>
    repeatedFor === null ? rules : rules.map((rule) => slowRule(rule, timeZone));
  return Array.from({ length: Math.ceil(subjects.length / SUBJECTS_PER_GROUP) }, (_, index) => ({
    name: `${name} ${index + 1}`,
    interval,
    rules: subjects.slice(index * SUBJECTS_PER_GROUP, (index + 1) * SUBJECTS_PER_GROUP).flatMap(rulesOf),
  }));
}

function alertingRules(chains: readonly ContractChain[]): Rule[] {
  return [...AGENT_ALERTS, COVERAGE_ALERT, ...chains.flatMap(commitAlerts)];
}

/** The names of all recorded series. */
const RECORDED = [
  ...MONTHS.flatMap((month) => [
    `acct:customer_bps:p95_${month}`,
    `acct:customer_billable_bps:${month}`,
    `acct:customer_coverage:${month}`,
    `acct:customer_commit_bps:${month}`,
    `acct:network_bps:p95_${month}`,
    `acct:network_coverage:${month}`,
  ]),
  "acct:customer_burst_intervals:month",
  "acct:customer_burst_intervals_left:month",
];

const HEAD = [
  "Written by acct-agent rules from its configuration: change that, and write this anew.",
  "Rates are bits a second, before rounding: those of the contract's days where it begins or ends within the month.",
];

/** Recorded series have no label that could tell two contracts of one name apart. */
function successionComment(chain: ContractChain): string[] {
  if (chain.length === 1) return [];
  const { customer, name } = chain[0];
  const who = name === null ? JSON.stringify(customer) : `${JSON.stringify(customer)}, ${JSON.stringify(name)}`;
  return [
    `${who}: of its ${chain.length} contracts the newest that had begun is recorded; a month in which one follows another has a bill of each.`,
  ];
}
