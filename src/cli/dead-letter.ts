// `acct-agent dead-letter`: lists the samples that receivers refused, sends them again, or gives them up. Works on the
// ledger file, beside a running agent or without one.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Database, LEDGER_FILE, LedgerError, ledgerError, openDatabase } from "../buffer/database.ts";
import { DeadLetters } from "../buffer/dead-letters.ts";
import { type Config, type EndpointConfig, loadConfig } from "../config/config.ts";
import { systemClock } from "../model/time.ts";
import { RemoteWriteClient } from "../ship/remote-write-client.ts";
import { Resend, type ResendResult } from "../ship/resend.ts";
import { VERSION } from "../version.ts";
import { readArguments } from "./arguments.ts";
import { complain, type ExitCode, print, UsageError } from "./command.ts";
import { letterJson, letterTable } from "./dead-letter-list.ts";
import { DEAD_LETTER } from "./options/dead-letter.ts";

interface Desk {
  readonly config: Config;
  readonly letters: DeadLetters;
  readonly endpoint: string | null;
  readonly json: boolean;
}

const ACTIONS: Readonly<Record<string, (desk: Desk) => ExitCode | Promise<ExitCode>>> = { list, retry, drop };

/** 1 where a retry left any; rejects with LedgerError where there is no ledger. */
export async function deadLetter(args: readonly string[]): Promise<ExitCode> {
  const { operands, options } = readArguments(DEAD_LETTER, args);
  const act = ACTIONS[operands[0] ?? ""] ?? list;
  const { endpoint, json } = options;
  const config = loadConfig(options.config);
  const database = openLedger(config.agent.stateDir);
  try {
    const letters = new DeadLetters(database);
    requireEndpoint(endpoint, [...config.remoteWrite.map(({ name }) => name), ...letters.endpoints()]);
    return await act({ config, letters, endpoint, json });
  } catch (error) {
    // A disk that is full, or an agent that has the ledger for too long: one line.
    if (isSqliteError(error)) throw ledgerError(join(config.agent.stateDir, LEDGER_FILE), error, "use");
    throw error;
  } finally {
    database.close();
  }
}

function isSqliteError(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_");
}

/** A command that looks at a ledger does not make one. */
function openLedger(stateDir: string): Database {
  if (existsSync(join(stateDir, LEDGER_FILE))) return openDatabase(stateDir);
  throw new LedgerError(`${stateDir}: there is no ledger; the agent makes it at its first start`);
}

function requireEndpoint(name: string | null, known: readonly string[]): void {
  if (name === null || known.includes(name)) return;
  const names = known.length === 0 ? "there is none" : `there are ${[...new Set(known)].join(", ")}`;
  throw new UsageError(`--endpoint ${JSON.stringify(name)}: there is no such endpoint; ${names}`);
}

function list({ letters, endpoint, json }: Desk): ExitCode {
  const found = letters.list(endpoint);
  if (json) print(JSON.stringify({ dead_letters: found.map(letterJson) }, null, 2));
  else print(found.length === 0 ? "there are no dead letters" : letterTable(found));
  return 0;
}

function drop(desk: Desk): ExitCode {
  const dropped = endpointsOf(desk).map((endpoint) => ({ endpoint, dropped: desk.letters.drop(endpoint) }));
  if (desk.json) print(JSON.stringify({ endpoints: dropped }, null, 2));
  else print(dropped.map((row) => `${row.endpoint}: ${row.dropped} dropped`).join("\n") || "there are no dead letters");
  return 0;
}

/** 1 where anything is left. */
async function retry(desk: Desk): Promise<ExitCode> {
  const results: (ResendResult & { readonly endpoint: string })[] = [];
  for (const name of endpointsOf(desk)) {
    const endpoint = desk.config.remoteWrite.find((candidate) => candidate.name === name);
    if (endpoint !== undefined) results.push({ endpoint: name, ...(await resend(endpoint, desk.letters)) });
    else
      complain(`${name}: the configuration has no such endpoint; add it to [[remote_write]], or drop its dead letters`);
  }
  if (desk.json) print(JSON.stringify({ endpoints: results }, null, 2));
  else print(results.map(resultLine).join("\n") || "there is nothing to send");
  for (const { endpoint, error } of results) if (error !== null) complain(`${endpoint}: ${error}`);
  return endpointsOf(desk).length > 0 ? 1 : 0;
}

async function resend(endpoint: EndpointConfig, letters: DeadLetters): Promise<ResendResult> {
  await using client = new RemoteWriteClient(endpoint, { clock: systemClock, version: VERSION });
  return await new Resend(endpoint.name, { client, letters, clock: systemClock }).run();
}

function resultLine({ endpoint, accepted, refused }: ResendResult & { readonly endpoint: string }): string {
  return `${endpoint}: ${accepted} accepted, ${refused} refused again`;
}

/** The endpoints that the command is about and that have dead letters. */
function endpointsOf({ letters, endpoint }: Desk): readonly string[] {
  return letters.endpoints().filter((name) => endpoint === null || name === endpoint);
}
