// What an answer to a remote-write 2.0 request says of what was written (section "Required Written Response Headers").

import { type Answer, header } from "../http/answer.ts";

const KINDS = ["samples", "histograms", "exemplars"] as const;
const headerOf = (kind: (typeof KINDS)[number]): string => `x-prometheus-remote-write-${kind}-written`;

/**
 * `unsupported`: the receiver does not know this message, or took it for 1.0. `short`: it wrote fewer samples than were
 * sent, or says so in no number.
 */
export type Verdict =
  | { readonly kind: "written" }
  | { readonly kind: "unsupported"; readonly reason: string }
  /** Unsupported, or a bad sample: receivers of 1.0 answer 400 to both (section "Unsupported Request Content"). */
  | { readonly kind: "doubtful"; readonly reason: string }
  | { readonly kind: "short"; readonly reason: string };

/** For an answer to `samples` samples. */
export function judgeWritten({ status, headers }: Answer, samples: number): Verdict {
  const says = KINDS.some((kind) => header(headers, headerOf(kind)) !== null);
  if (status === 415) return { kind: "unsupported", reason: "HTTP 415" };
  if (status === 400 && !says) return { kind: "doubtful", reason: "HTTP 400 without written counts" };
  if (status < 200 || status > 299) return { kind: "written" };
  // "Senders SHOULD assume 415": a receiver of 1.0 reads an empty request, and answers 2xx to it.
  if (!says) return { kind: "unsupported", reason: `HTTP ${status} without written counts` };
  const text = header(headers, headerOf("samples")) ?? "0";
  if (/^\d+$/.test(text) && Number(text) >= samples) return { kind: "written" };
  const count = text.slice(0, 20);
  return { kind: "short", reason: `HTTP ${status}, but ${count} of ${samples} samples were written` };
}
