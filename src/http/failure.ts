// Why a server could not be asked, or refuses whoever asks.

/** `reason` is for logs and the status page; it stays the same while the cause does. */
export type Failure =
  /** Passes by itself: transport errors, 5xx, 429. */
  | { readonly kind: "retry"; readonly reason: string; readonly retryAfterMs: number | null }
  /** An operator has to act: wrong address, credentials, a captive portal. */
  | { readonly kind: "hold"; readonly reason: string };
