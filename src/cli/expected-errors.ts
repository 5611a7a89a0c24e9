// Which errors are no fault of the program: their message is all that a person needs. Loaded when something failed.

import { PrometheusError } from "../billing/prometheus-error.ts";
import { LedgerError } from "../buffer/database.ts";
import { KernelError } from "../capture/ebpf/kernel-error.ts";
import { CaptureFileError } from "../capture/replay/capture-file-error.ts";
import { ConfigError } from "../config/config.ts";
import { LedgerCallError } from "../ledger/ledger-client.ts";
import { ListenError } from "../telemetry/listen.ts";

const EXPECTED = [LedgerError, PrometheusError, KernelError, CaptureFileError, ListenError] as const;

/** A wrong configuration, which has an exit code of its own. */
export function isConfigError(error: unknown): error is Error {
  return error instanceof ConfigError;
}

/** A failure; those of a command itself, UsageError and CommandError, are not among them. */
export function isExpected(error: unknown): error is Error {
  if (error instanceof LedgerCallError) return error.expected;
  return EXPECTED.some((kind) => error instanceof kind);
}
