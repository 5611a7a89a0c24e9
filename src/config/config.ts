// The configuration: a TOML file in, one plain value with absolute paths and base units out, or every problem at once.

import { dirname, resolve } from "node:path";

import type { Contract } from "../model/contract.ts";
import type { Network } from "../model/network.ts";
import { crossProblems } from "./checks.ts";
import { readDocument, type Table } from "./document.ts";
import { type ConnectionConfig, connectionOf } from "./connection.ts";
import { contractOf } from "./contract.ts";
import { fileProblems } from "./file-checks.ts";
import { problemsOf } from "./issues.ts";
import type { Listen } from "./network-values.ts";
import { oneLine, problemLine } from "./problem.ts";
import { schema, type Settings } from "./schema.ts";

/** A receiver of remote-write. `schedule` is a cron pattern of six fields in UTC. */
export interface EndpointConfig extends ConnectionConfig {
  readonly name: string;
  readonly schedule: string;
  readonly timeoutMs: number;
  readonly protobufMessage: Settings["remote_write"][number]["protobuf_message"];
  readonly catchUp: Settings["remote_write"][number]["catch_up"];
  readonly start: Settings["remote_write"][number]["start"];
}

/** Who may see the status page. */
interface BasicAuth {
  readonly username: string;
  /** Absolute. */
  readonly passwordFile: string;
}

export interface Config {
  /** The configuration file, as it was given. */
  readonly file: string;
  readonly agent: {
    readonly instance: string;
    /** Absolute. */
    readonly stateDir: string;
    readonly listen: Listen | null;
    /** Names beside that of `listen` and the host's own, in lower case. */
    readonly listenNames: readonly string[];
    readonly exposeAddresses: boolean;
    /** Null: whoever reaches `listen` is answered. */
    readonly basicAuth: BasicAuth | null;
    /** Whom root becomes; left out where it stays root. */
    readonly user?: string;
    readonly logLevel: Settings["agent"]["log_level"];
    readonly externalLabels: Network["labels"];
  };
  readonly capture: {
    readonly backend: Settings["capture"]["backend"];
    /** Null takes what the kernel has. */
    readonly attach: "tcx" | "socket" | null;
    readonly bpffs: string;
    readonly ringBytes: number;
    readonly maxAddresses: number;
  };
  /** Empty: the interface of the default route. */
  readonly interfaces: readonly { readonly name: string }[];
  readonly account: {
    readonly windowMs: number;
    readonly idleTimeoutMs: number;
    readonly byteLayer: Settings["account"]["byte_layer"];
    readonly vlanTags: number;
  };
  /** Empty: the interface's own addresses. */
  readonly networks: readonly Network[];
  readonly buffer: { readonly maxBytes: number; readonly retentionMs: number };
  readonly remoteWrite: readonly EndpointConfig[];
  readonly query: ConnectionConfig | null;
  /** When bills become final. `close` is a cron pattern of six fields in UTC, with which `outputDir` is set and absolute. */
  readonly billing: { readonly close: string | null; readonly graceMs: number; readonly outputDir: string | null };
  readonly contracts: readonly Contract[];
}

/** A configuration that cannot be used: one line for each problem, with file, key, value and fix. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** Reads and validates `file`; throws a ConfigError with all of its problems. */
export function loadConfig(file: string): Config {
  const document = readDocument(file);
  if (!document.ok) throw new ConfigError([oneLine(`${file}: ${document.problem}`)]);
  return toConfig(file, validate(file, document.value));
}

function validate(file: string, document: Table): Settings {
  const parsed = schema.safeParse(document);
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(schema, document, issue));
  const problems = [...issues, ...crossProblems(document), ...fileProblems(document, dirname(file))];
  if (parsed.success && problems.length === 0) return parsed.data;
  throw new ConfigError(problems.map((problem) => problemLine(file, document, problem)));
}

function toConfig(file: string, settings: Settings): Config {
  const folder = resolve(dirname(file));
  const { agent, capture, account, buffer, billing } = settings;
  return {
    file,
    agent: {
      instance: agent.instance,
      stateDir: resolve(folder, agent.state_dir),
      listen: agent.listen,
      listenNames: agent.listen_names,
      exposeAddresses: agent.expose_addresses,
      basicAuth: basicAuthOf(agent, folder),
      ...(agent.user === "" ? {} : { user: agent.user }),
      logLevel: agent.log_level,
      externalLabels: agent.external_labels,
    },
    capture: {
      backend: capture.backend,
      attach: capture.attach === "auto" ? null : capture.attach,
      bpffs: capture.bpffs,
      ringBytes: capture.ring,
      maxAddresses: capture.max_addresses,
    },
    interfaces: settings.interface,
    account: {
      windowMs: account.window,
      idleTimeoutMs: account.idle_timeout,
      byteLayer: account.byte_layer,
      vlanTags: account.vlan_tags,
    },
    networks: settings.network.map(networkOf),
    buffer: { maxBytes: buffer.max_bytes, retentionMs: buffer.retention },
    remoteWrite: settings.remote_write.map((endpoint) => endpointOf(endpoint, folder)),
    query: settings.query === undefined ? null : connectionOf(settings.query, folder),
    billing: {
      close: billing.close ?? null,
      graceMs: billing.grace,
      outputDir: billing.output_dir === undefined ? null : resolve(folder, billing.output_dir),
    },
    contracts: settings.contract.map((contract) => contractOf(contract, account.byte_layer)),
  };
}

function basicAuthOf({ basic_auth: settings }: Settings["agent"], folder: string): BasicAuth | null {
  if (settings === undefined) return null;
  return { username: settings.username, passwordFile: resolve(folder, settings.password_file) };
}

function networkOf(network: Settings["network"][number]): Network {
  const { name, labels } = network;
  return { name, prefixes: [...network.prefixes, ...network.ranges.flat()], labels, billBy: network.bill_by };
}

function endpointOf(endpoint: Settings["remote_write"][number], folder: string): EndpointConfig {
  const { name, schedule, remote_timeout: timeoutMs, protobuf_message: protobufMessage, start } = endpoint;
  const { catch_up: catchUp } = endpoint;
  return { name, schedule, timeoutMs, protobufMessage, start, catchUp, ...connectionOf(endpoint, folder) };
}
