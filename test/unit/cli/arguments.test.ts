// What is given to a command, read by its table: values, defaults, and one line for each mistake.

import { describe, expect, it } from "vitest";
import { readArguments } from "../../../src/cli/arguments.ts";
import { type CommandTable, CONFIG } from "../../../src/cli/command-table.ts";

const TABLE = {
  name: "bake",
  summary: "bake",
  description: "Bakes.",
  operand: { argument: "LOAF", description: "a loaf", repeatable: true, complaint: "no loaf is named" },
  options: [
    CONFIG,
    { name: "crust", argument: "CRUST", description: "the crust", choices: ["thin", "thick"] },
    { name: "oven", argument: "NAME", description: "the oven", default: "big" },
    { name: "salt", argument: "GRAMS", description: "salt", check: (value) => (value === "9" ? "is too much" : null) },
    { name: "slice", description: "slice it", group: "end" },
    { name: "freeze", description: "freeze it", group: "end" },
    { name: "thaw", description: "thaw it", needs: { option: "freeze", because: "only ice thaws" } },
  ],
  examples: [],
  exits: { done: "", failure: "" },
} as const satisfies CommandTable;

const GIVEN = ["--config", "a.toml", "rye"];
const read = (...args: readonly string[]) => readArguments(TABLE, [...GIVEN, ...args]);

describe("arguments", () => {
  it("have their defaults where nothing is given", () => {
    const { options, operands } = read();
    expect(options).toEqual({
      config: "a.toml",
      crust: "thin",
      oven: "big",
      salt: null,
      slice: false,
      freeze: false,
      thaw: false,
    });
    expect(operands).toEqual(["rye"]);
  });

  it("are read where they are given, and tell a value from its default", () => {
    const { options, operands, isGiven } = read("--crust=thin", "--salt", "2", "oat", "--freeze", "--thaw");
    expect(options).toMatchObject({ crust: "thin", salt: "2", freeze: true, thaw: true });
    expect(operands).toEqual(["rye", "oat"]);
    expect([isGiven("crust"), isGiven("oven")]).toEqual([true, false]);
  });

  it.each([
    [["--crust", "none"], '--crust "none": write thin, thick'],
    [["--salt", "9"], '--salt "9" is too much'],
    [["--freeze", "--slice"], "--slice and --freeze do not go together: choose one"],
    [["--thaw"], "--thaw is for --freeze: only ice thaws"],
    [["--config", ""], "--config is empty: name a file"],
    [["--knead"], "unknown option '--knead'"],
    [["--oven"], "option '--oven <value>' argument missing"],
    [["--slice=yes"], "option '--slice' does not take an argument"],
  ])("are refused in one line: %s", (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });

  it("are refused without what has to be there", () => {
    expect(() => readArguments(TABLE, ["rye"])).toThrow("--config FILE is missing: name the configuration file");
    expect(() => readArguments(TABLE, ["--config", "a.toml"])).toThrow("no loaf is named");
  });

  it.each([[[]], [["cut"]], [["bake", "bake"]]])("are refused where a choice without dashes is none: %s", (words) => {
    const table = { ...TABLE, operand: { argument: "ACTION", description: "", choices: ["bake", "proof"] } } as const;
    const given = JSON.stringify(words.join(" "));
    expect(() => readArguments(table, ["--config", "a.toml", ...words])).toThrow(
      `bake takes bake or proof, not ${given}`,
    );
  });
});
