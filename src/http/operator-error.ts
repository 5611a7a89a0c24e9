// What only an operator can mend, found before anything was sent: a file that cannot be used, a proxy that is none.

/** The message is for the log: it names the file or the setting, and never a secret. */
export class OperatorError extends Error {
  override readonly name: string = "OperatorError";
}
