// In which form one endpoint's backlog is read. Joined requests are used once the receiver has taken one of the agent's own
// metrics, and until it refuses one; what is in them is never at stake, since the stored requests stay.

import type { ReadForm } from "./outbox.ts";
import type { Exchange } from "./remote-write-client.ts";

/** How a backlog goes out: request by request as it is stored, or several windows in one request. */
export type CatchUpMode = "sequential" | "batched";

/** Joined requests in a row that met an outage, while stored ones got through: then it is no outage. */
const MAX_FAILURES = 3;
/** No answer, credentials, a wrong address, a limit of the rate, a gateway: nothing that is about the request. */
const OUTAGES: ReadonlySet<number | null> = new Set([null, 401, 403, 404, 407, 429, 502, 503, 504]);

export class CatchUp {
  readonly #mode: CatchUpMode;
  #proven = false;
  #failures = 0;
  /** A joined request has failed; stored ones go first until one gets through. */
  #paused = false;

  constructor(mode: CatchUpMode) {
    this.#mode = mode;
  }

  get form(): ReadForm {
    if (this.#mode === "sequential" || this.#paused || this.isGivenUp) return "stored";
    return this.#proven ? "joined" : "probe";
  }

  /** Joined requests are refused: not tried again before `reset`. */
  get isGivenUp(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  joinedAccepted(): void {
    this.#proven = true;
    this.#failures = 0;
  }

  /** A joined request was not accepted. */
  joinedRefused({ status }: Pick<Exchange, "status">): void {
    this.#failures = OUTAGES.has(status) ? this.#failures + 1 : MAX_FAILURES;
    this.#paused = true;
  }

  storedAccepted(): void {
    this.#paused = false;
  }

  /** Tries again what was given up: the receiver may have been changed. */
  reset(): void {
    this.#failures = 0;
    this.#proven = false;
  }
}
