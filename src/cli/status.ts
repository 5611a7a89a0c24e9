// `acct-agent status`: asks the running agent over the socket in its state folder.

import { request } from "node:http";
import { join } from "node:path";
import { type Status, STATUS_SOCKET } from "../agent-status.ts";
import { loadConfig } from "../config/config.ts";
import { describeClock } from "../lib/clock-state.ts";
import { configFile, readArguments } from "./arguments.ts";
import { type Command, complain, type ExitCode, print } from "./command.ts";
import { renderTable } from "./table.ts";

const TIMEOUT_MS = 5_000;

export const statusCommand: Command = {
  summary: "show the running agent: interfaces, endpoints, top addresses",
  usage: "acct-agent status --config FILE [--json]",
  run: showStatus,
};

async function showStatus(args: readonly string[]): Promise<ExitCode> {
  const options = readArguments(args, { config: { type: "string" }, json: { type: "boolean" } });
  const config = loadConfig(configFile(options));
  const socketPath = join(config.agent.stateDir, STATUS_SOCKET);
  const answer = await ask(socketPath).catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  );
  if (answer instanceof Error) {
    complain(`${socketPath}: no agent answers (${answer.message}); start it with acct-agent --config ${config.file}`);
    return 1;
  }
  print(options.flag("json") ? JSON.stringify(answer, null, 2) : render(answer));
  return 0;
}

function ask(socketPath: string): Promise<Status> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path: "/api/status", timeout: TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(JSON.parse(body) as Status);
        else reject(new Error(`it answered ${response.statusCode}`));
      });
    });
    call.on("timeout", () => call.destroy(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)));
    call.on("error", reject);
    call.end();
  });
}

function render(status: Status): string {
  const percent = (ratio: number | null): string => (ratio === null ? "-" : `${(ratio * 100).toFixed(2)} %`);
  const interfaces = status.interfaces.map((row) => [
    row.name,
    row.backend,
    row.capturing ? "capturing" : (row.reason ?? "starting"),
    row.last_window_end ?? "-",
    percent(row.completeness),
  ]);
  const endpoints = status.endpoints.map((row) => [
    row.name,
    row.state,
    String(row.pending_requests),
    String(row.pending_samples),
    row.oldest_pending ?? "-",
    String(row.dead_letters),
    row.last_error ?? "",
  ]);
  const { ledger } = status;
  const ledgers = ledger === null ? [] : [ledgerRow(ledger)];
  const top = status.top.map((row) => [
    row.address,
    row.network,
    row.interface,
    String(row.bytes_in),
    String(row.bytes_out),
  ]);
  return [
    `${status.instance}: ${status.health}\nclock: ${clockText(status)}`,
    renderTable(["INTERFACE", "BACKEND", "STATE", "LAST WINDOW END", "COMPLETENESS"], interfaces),
    renderTable(
      ["ENDPOINT", "STATE", "REQUESTS", "SAMPLES", "OLDEST PENDING", "DEAD LETTERS", "LAST ERROR"],
      endpoints,
    ),
    renderTable(["LEDGER", "MAX BYTES", "THINNED", "OLDEST DROPPED", "DROPPING SINCE"], ledgers),
    renderTable(["ADDRESS", "NETWORK", "INTERFACE", "BYTES IN", "BYTES OUT"], top),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function clockText({ clock }: Status): string {
  return describeClock(clock && { synchronized: clock.synchronized, maxErrorSeconds: clock.max_error_seconds });
}

function ledgerRow(ledger: NonNullable<Status["ledger"]>): string[] {
  const { used_bytes, max_bytes, dropped_samples, dropping_since } = ledger;
  const share = `${((used_bytes / max_bytes) * 100).toFixed(1)} %`;
  return [
    share,
    String(max_bytes),
    String(dropped_samples.thinned),
    String(dropped_samples.oldest),
    dropping_since ?? "-",
  ];
}
