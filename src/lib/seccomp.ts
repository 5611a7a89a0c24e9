// A filter of system calls (seccomp(2)): from a list of what is allowed to a program of classic BPF that the kernel runs at
// each call. What is not on the list fails with EPERM; a call of another architecture, or of x32, ends the process.

import koffi from "koffi";
import { systemCall, type SystemCallName, systemCallNumber } from "./system-call.ts";

/**
 * What of a call is allowed: all of it; all with one of the values in an argument; all but those with this value; those that
 * have this bit; those whose argument is 0; those with both values; none, as if the kernel did not have it. Arguments count from 0.
 */
export type CallRule =
  | "allowed"
  | "absent"
  | { readonly argument: number; readonly oneOf: readonly number[] }
  | { readonly argument: number; readonly not: number }
  | { readonly argument: number; readonly hasBits: number }
  | { readonly argument: number; readonly zero: true }
  | { readonly arguments: readonly (readonly [argument: number, value: number])[] };
/** One rule for each call at most. */
export type CallRules = readonly (readonly [SystemCallName, CallRule])[];

/** An instruction: code, jump if true, jump if false, constant (struct sock_filter, linux/filter.h). */
type Instruction = readonly [code: number, jt: number, jf: number, k: number];

const load = (at: number): Instruction => [0x20, 0, 0, at];
const ifEqual = (k: number, jt: number, jf: number): Instruction => [0x15, jt, jf, k];
const ifAtLeast = (k: number, jt: number, jf: number): Instruction => [0x35, jt, jf, k];
const ifBits = (k: number, jt: number, jf: number): Instruction => [0x45, jt, jf, k];
const result = (k: number): Instruction => [0x06, 0, 0, k];

const ALLOW = result(0x7fff_0000);
const KILL_PROCESS = result(0x8000_0000);
const fail = (errno: number): Instruction => result(0x0005_0000 | errno);
const EPERM = fail(1);
const ENOSYS = fail(38);

/** struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;
const argumentAt = (index: number): number => 16 + 8 * index;
/** AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64. */
const ARCHITECTURES: Readonly<Record<string, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
const X32_BIT = 0x4000_0000;

const SECCOMP_SET_MODE_FILTER = 1;
/** All threads get the filter, or none. */
const TSYNC = 1;
/** Without it kernels before 5.16 turn speculative stores off, which costs every packet. */
const SPEC_ALLOW = 4;

/** Puts the rules into force in all threads, for good. Needs no_new_privs. Returns what failed, or null. */
export function filterSystemCalls(rules: CallRules): string | null {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) return `no system calls are known for ${process.arch}`;
  const program = encode(compile(architecture, rules));
  // struct sock_fprog: length in instructions, address.
  const head = Buffer.alloc(16);
  head.writeUInt16LE(program.length / 8, 0);
  head.writeBigUInt64LE(koffi.address(program), 8);
  const answer = systemCall("seccomp", SECCOMP_SET_MODE_FILTER, TSYNC | SPEC_ALLOW, head);
  if (answer === 0) return null;
  return answer > 0 ? `thread ${answer} has another filter` : `seccomp failed with errno ${-answer}`;
}

/** Rules that look at arguments come first: the kernel remembers the others' result and does not run the program for them. */
function compile(architecture: number, rules: CallRules): readonly Instruction[] {
  const known = rules.flatMap(([name, rule]) => {
    const number = systemCallNumber(name);
    return number === null ? [] : [{ number, rule }];
  });
  const plain = known.filter(({ rule }) => typeof rule === "string");
  const inspecting = known.filter(({ rule }) => typeof rule !== "string");
  return [
    load(ARCHITECTURE_AT),
    ifEqual(architecture, 1, 0),
    KILL_PROCESS,
    load(NUMBER_AT),
    ...(process.arch === "x64" ? [ifAtLeast(X32_BIT, 0, 1), KILL_PROCESS] : []),
    ...[...inspecting, ...plain].flatMap(({ number, rule }) => {
      const body = bodyOf(rule);
      return [ifEqual(number, 0, body.length), ...body];
    }),
    EPERM,
  ];
}

/** What decides over a call; the low half of an argument does, where the kernel looks at no more. */
function bodyOf(rule: CallRule): readonly Instruction[] {
  if (rule === "allowed") return [ALLOW];
  if (rule === "absent") return [ENOSYS];
  if ("arguments" in rule) {
    const tests = rule.arguments.flatMap(([index, value]) => [load(argumentAt(index)), ifEqual(value, 1, 0), EPERM]);
    return [...tests, ALLOW];
  }
  const low = load(argumentAt(rule.argument));
  if ("oneOf" in rule) return [low, ...rule.oneOf.flatMap((value) => [ifEqual(value, 0, 1), ALLOW]), EPERM];
  if ("not" in rule) return [low, ifEqual(rule.not, 0, 1), EPERM, ALLOW];
  if ("hasBits" in rule) return [low, ifBits(rule.hasBits, 0, 1), ALLOW, EPERM];
  return [low, ifEqual(0, 1, 0), EPERM, load(argumentAt(rule.argument) + 4), ifEqual(0, 1, 0), EPERM, ALLOW];
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  for (const [index, [code, jt, jf, k]] of program.entries()) {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(jt, index * 8 + 2);
    bytes.writeUInt8(jf, index * 8 + 3);
    bytes.writeUInt32LE(k, index * 8 + 4);
  }
  return bytes;
}
