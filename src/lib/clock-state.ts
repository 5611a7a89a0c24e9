// What the kernel knows of its own clock (adjtimex(2)): whether a time service keeps it right, and how far off it may
// be. A machine whose clock somebody else keeps, such as a guest of a hypervisor, may be right and not know it.

import koffi from "koffi";

export interface ClockState {
  readonly synchronized: boolean;
  /** By the time service's last estimate. */
  readonly estimatedErrorSeconds: number;
  /** Since the last correction it grows; at 16 s the kernel takes the clock for unsynchronised. */
  readonly maxErrorSeconds: number;
}

/** What adjtimex(2) returns where the status has STA_UNSYNC. */
const TIME_ERROR = 5;
/** struct timex is 208 bytes on 64-bit machines, less on others. */
const TIMEX_BYTES = 256;
const MICROSECONDS = 1_000_000;

const adjtimex = koffi.load("libc.so.6").func("int adjtimex(void *buf)");
/** The first fields of struct timex; both errors are in microseconds. */
const timex = koffi.struct({ modes: "uint", offset: "long", freq: "long", maxerror: "long", esterror: "long" });

/** Null where the kernel does not answer: a container's system call filter may forbid it. */
export function readClockState(): ClockState | null {
  // Modes 0: nothing is set, so that nobody needs a privilege.
  const buffer = Buffer.alloc(TIMEX_BYTES);
  const status: unknown = adjtimex(buffer);
  if (status === -1) return null;
  const { esterror, maxerror }: Readonly<Record<"esterror" | "maxerror", number>> = koffi.decode(buffer, timex);
  return {
    synchronized: status !== TIME_ERROR,
    estimatedErrorSeconds: esterror / MICROSECONDS,
    maxErrorSeconds: maxerror / MICROSECONDS,
  };
}

/** One line for people. */
export function describeClock(state: Pick<ClockState, "synchronized" | "maxErrorSeconds"> | null): string {
  if (state === null) return "the kernel does not tell whether it is synchronised";
  if (!state.synchronized) return "not synchronised, as far as the kernel knows; run chrony, ntpd or systemd-timesyncd";
  return `synchronised, at most ${state.maxErrorSeconds.toFixed(3)} s off`;
}
