// System calls by their names, for those that the C library has no function for. Linux on x86-64 and arm64.

import koffi from "koffi";

/** x86-64 (asm/unistd_64.h) and arm64 (asm-generic/unistd.h), which never had some of the old ones. */
const NUMBERS = {
  brk: [12, 214],
  capget: [125, 90],
  capset: [126, 91],
  clock_getres: [229, 114],
  clock_gettime: [228, 113],
  clock_nanosleep: [230, 115],
  clone: [56, 220],
  clone3: [435, 435],
  close: [3, 57],
  epoll_create1: [291, 20],
  epoll_ctl: [233, 21],
  epoll_pwait: [281, 22],
  epoll_pwait2: [441, 441],
  epoll_wait: [232, null],
  eventfd2: [290, 19],
  exit: [60, 93],
  exit_group: [231, 94],
  faccessat2: [439, 439],
  fcntl: [72, 25],
  fstat: [5, 80],
  fsync: [74, 82],
  futex: [202, 98],
  futex_requeue: [456, 456],
  futex_wait: [455, 455],
  futex_waitv: [449, 449],
  futex_wake: [454, 454],
  get_robust_list: [274, 100],
  getcpu: [309, 168],
  getegid: [108, 177],
  geteuid: [107, 175],
  getgid: [104, 176],
  getpid: [39, 172],
  getppid: [110, 173],
  getrandom: [318, 278],
  getrlimit: [97, 163],
  getrusage: [98, 165],
  getsockopt: [55, 209],
  gettid: [186, 178],
  gettimeofday: [96, 169],
  getuid: [102, 174],
  ioctl: [16, 29],
  landlock_create_ruleset: [444, 444],
  landlock_restrict_self: [446, 446],
  lseek: [8, 62],
  madvise: [28, 233],
  membarrier: [324, 283],
  mincore: [27, 232],
  mmap: [9, 222],
  mprotect: [10, 226],
  mremap: [25, 216],
  munmap: [11, 215],
  nanosleep: [35, 101],
  newfstatat: [262, 79],
  pipe2: [293, 59],
  pkey_alloc: [330, 289],
  pkey_free: [331, 290],
  pkey_mprotect: [329, 288],
  poll: [7, null],
  ppoll: [271, 73],
  prctl: [157, 167],
  pread64: [17, 67],
  prlimit64: [302, 261],
  pselect6: [270, 72],
  read: [0, 63],
  readv: [19, 65],
  recvfrom: [45, 207],
  restart_syscall: [219, 128],
  rseq: [334, 293],
  rt_sigaction: [13, 134],
  rt_sigpending: [127, 136],
  rt_sigprocmask: [14, 135],
  rt_sigreturn: [15, 139],
  rt_sigsuspend: [130, 133],
  rt_sigtimedwait: [128, 137],
  sched_getaffinity: [204, 123],
  sched_getparam: [143, 121],
  sched_getscheduler: [145, 120],
  sched_yield: [24, 124],
  seccomp: [317, 277],
  select: [23, null],
  set_robust_list: [273, 99],
  set_tid_address: [218, 96],
  setsockopt: [54, 208],
  sigaltstack: [131, 132],
  statx: [332, 291],
  sysinfo: [99, 179],
  tgkill: [234, 131],
  time: [201, null],
  timerfd_create: [283, 85],
  timerfd_gettime: [287, 87],
  timerfd_settime: [286, 86],
  times: [100, 153],
  uname: [63, 160],
  write: [1, 64],
  writev: [20, 66],
} as const satisfies Record<string, readonly [number, number | null]>;

export type SystemCallName = keyof typeof NUMBERS;
/** A buffer stands for its address. */
export type Argument = number | bigint | Buffer;

const ARCHITECTURES: readonly string[] = ["x64", "arm64"];

const syscall = koffi
  .load("libc.so.6")
  .func("long syscall(long number, int64_t a, int64_t b, int64_t c, int64_t d, int64_t e)");

/** The call's number on this machine; null where it has none. */
export function systemCallNumber(name: SystemCallName): number | null {
  return NUMBERS[name][ARCHITECTURES.indexOf(process.arch)] ?? null;
}

/** What the call returns, or the negative number of its error: -38 (ENOSYS) where this machine has no such call. */
export function systemCall(name: SystemCallName, ...args: readonly Argument[]): number {
  const ENOSYS = 38;
  const number = systemCallNumber(name);
  if (number === null) return -ENOSYS;
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n] = args.map(word);
  const result = Number(syscall(number, a, b, c, d, e));
  return result === -1 ? -koffi.errno() : result;
}

/** An argument as the machine's word. Who passes a buffer keeps it until the call is over. */
export function word(argument: Argument): bigint {
  return Buffer.isBuffer(argument) ? koffi.address(argument) : BigInt(argument);
}
