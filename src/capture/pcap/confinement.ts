// What the capture child gives up once its socket is open and everything is loaded: it parses what anybody sends, and is not to
// be of use to who takes it over. What is left: the packets of one interface, the channel to the agent, memory and time.

import { hideMemory, keepCapabilities, limitBoundingSet } from "../../lib/capabilities.ts";
import { denyFilesAndNetwork } from "../../lib/landlock.ts";
import { type CallRules, filterSystemCalls } from "../../lib/seccomp.ts";
import type { SystemCallName } from "../../lib/system-call.ts";
import { SIOCGIFINDEX } from "../interface-counters.ts";
import { SO_ATTACH_FILTER, SOL_SOCKET } from "./packet-socket.ts";

/** What Node, V8 and the C library call at any time, whatever the program does. */
const ALLOWED: readonly SystemCallName[] = [
  ...(["read", "pread64", "readv", "close", "fstat", "lseek", "recvfrom", "getsockopt"] as const),
  // koffi syncs standard output and standard error at the end, and hangs where it may not.
  "fsync",
  ...(["poll", "ppoll", "select", "pselect6", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait"] as const),
  ...(["epoll_pwait2", "eventfd2", "pipe2", "timerfd_create", "timerfd_settime", "timerfd_gettime"] as const),
  ...(["mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "mincore", "membarrier"] as const),
  ...(["pkey_alloc", "pkey_free", "pkey_mprotect"] as const),
  ...(["futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue"] as const),
  ...(["set_robust_list", "get_robust_list", "rseq", "set_tid_address"] as const),
  ...(["clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time"] as const),
  ...(["sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler", "getcpu"] as const),
  ...(["rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigtimedwait", "rt_sigpending"] as const),
  ...(["rt_sigsuspend", "sigaltstack", "restart_syscall"] as const),
  ...(["getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "capget"] as const),
  ...(["getrusage", "getrlimit", "times", "uname", "sysinfo", "getrandom", "exit", "exit_group"] as const),
];

/** fcntl: F_GETFD, F_SETFD, F_GETFL, F_SETFL. Not F_DUPFD: under another number the packet socket could be written to. */
const FCNTL_COMMANDS = [1, 2, 3, 4];
/** ioctl: TCGETS, FIONREAD, FIONBIO, FIOCLEX, and the interface's number. */
const IOCTL_REQUESTS = [0x5401, 0x541b, 0x5421, 0x5451, SIOCGIFINDEX];
/** prctl: PR_SET_NAME, PR_GET_NAME, PR_SET_VMA (names of memory). */
const PRCTL_OPTIONS = [15, 16, 0x5356_4d41];
const CLONE_THREAD = 0x1_0000;
const AT_EMPTY_PATH = 0x1000;

/** The system calls that a child with this packet socket may make. */
export function allowedCalls(packetSocket: number): CallRules {
  return [
    ...ALLOWED.map((name) => [name, "allowed"] as const),
    // What is written to a packet socket is sent.
    ["write", { argument: 0, not: packetSocket }],
    ["writev", { argument: 0, not: packetSocket }],
    ["fcntl", { argument: 1, oneOf: FCNTL_COMMANDS }],
    ["ioctl", { argument: 1, oneOf: IOCTL_REQUESTS }],
    ["prctl", { argument: 0, oneOf: PRCTL_OPTIONS }],
    // The end of reception.
    [
      "setsockopt",
      {
        arguments: [
          [1, SOL_SOCKET],
          [2, SO_ATTACH_FILTER],
        ],
      },
    ],
    // Of open files only.
    ["newfstatat", { argument: 3, hasBits: AT_EMPTY_PATH }],
    ["statx", { argument: 2, hasBits: AT_EMPTY_PATH }],
    // Threads, no processes; of clone3 a filter cannot see which: the C library takes clone instead.
    ["clone", { argument: 0, hasBits: CLONE_THREAD }],
    ["clone3", "absent"],
    // To itself: how abort() ends it.
    ["tgkill", { argument: 0, oneOf: [process.pid] }],
    // To read a limit.
    ["prlimit64", { argument: 2, zero: true }],
  ];
}

/** Confines this process for good. Returns a line for each layer that could not be had; none of them is needed to count. */
export function confine(packetSocket: number): readonly string[] {
  const layers: readonly (readonly [name: string, apply: () => string | null])[] = [
    ["bounding set", () => limitBoundingSet(0n)],
    ["capabilities", () => keepCapabilities(0n)],
    ["memory", hideMemory],
    ["files and network", denyFilesAndNetwork],
    // Last: it forbids the others.
    ["system calls", () => filterSystemCalls(allowedCalls(packetSocket))],
  ];
  return layers.flatMap(([name, apply]) => {
    const problem = attempt(apply);
    return problem === null ? [] : [`${name}: ${problem}`];
  });
}

/** A kernel or a sandbox that allows less than expected is no reason not to count. */
function attempt(apply: () => string | null): string | null {
  try {
    return apply();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
