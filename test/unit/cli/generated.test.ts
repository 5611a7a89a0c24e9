// The files that are generated from the tables of the commands: as the tables say, and as the programs that read them want
// them, as far as these programs are installed here.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { TABLES } from "../../../src/cli/commands.ts";
import { SHELLS } from "../../../src/cli/completion/scripts.ts";
import { manPage } from "../../../src/cli/man-page.ts";
import { VERSION } from "../../../src/version.ts";

const pathOf = (name: string): string => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const PAGE = pathOf("docs/acct-agent.1");
const page = readFileSync(PAGE, "utf8");

const isInstalled = (program: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;

/** Everything that a program said, and how it ended. */
function saidBy(program: string, args: readonly string[]): { status: number | null; said: string } {
  const env = { ...process.env, MANWIDTH: "80", LC_ALL: "C.UTF-8" };
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: "utf8", env });
  return { status, said: program === "mandoc" ? stdout + stderr : stderr };
}

describe("the manual page", () => {
  it("is what the tables say; otherwise run npm run generate", () => {
    expect(page).toBe(manPage(TABLES, VERSION));
  });

  it("has every command and option, and the sections of a manual page", () => {
    const titles = [...page.matchAll(/^\.SH (.+)$/gm)].map(([, title]) => title);
    const inOrder = ["NAME", "SYNOPSIS", "DESCRIPTION", "FILES", "SIGNALS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES"];
    expect(titles.filter((title) => inOrder.includes(title ?? ""))).toEqual(inOrder);
    expect(titles.at(-1)).toBe("SEE ALSO");
    for (const { name, options } of TABLES) {
      const body = page.split(`.SS acct\\-agent${name === "" ? "" : ` ${name.replaceAll("-", "\\-")}`}\n`)[1] ?? "";
      const [own = ""] = body.split(/^\.S[SH] /m);
      for (const option of options) expect(own).toContain(`.TP\n.B \\-\\-${option.name}`);
    }
  });

  it("has no line that troff would misread", () => {
    for (const line of page.split("\n")) {
      expect(line).toMatch(/^(\.\\"|\.(TH|SH|SS|PP|TP|HP|RS|RE|B|BR|nf|fi|nh|hy|ad)\b|\\&|[^.'])|^$/);
      expect(line.replace(/\\[-e&"]/g, "")).not.toContain("\\");
    }
  });

  it.skipIf(!isInstalled("groff"))("gives groff nothing to complain about", () => {
    expect(saidBy("groff", ["-man", "-Tutf8", "-ww", PAGE])).toEqual({ status: 0, said: "" });
  });

  it.skipIf(!isInstalled("man"))("gives man nothing to complain about", () => {
    expect(saidBy("man", ["--warnings", "-l", PAGE])).toEqual({ status: 0, said: "" });
  });

  it.skipIf(!isInstalled("mandoc"))("gives mandoc nothing to complain about", () => {
    expect(saidBy("mandoc", ["-Tlint", PAGE])).toEqual({ status: 0, said: "" });
  });
});

describe.each(Object.entries(SHELLS))("the completion for %s", (shell, { file, script }) => {
  it("is what the tables say; otherwise run npm run generate", () => {
    expect(readFileSync(pathOf(`deploy/completion/${file}`), "utf8")).toBe(script(TABLES));
  });

  it("knows every command, option and choice", () => {
    const text = script(TABLES);
    for (const { name, options } of TABLES) {
      expect(text).toContain(name);
      for (const option of options) {
        expect(text).toMatch(new RegExp(`--${option.name}\\b|-l ${option.name}\\b`));
        expect(text).toContain(option.choices?.join(" ") ?? "");
      }
    }
  });

  it("closes what it opens", () => {
    const text = script(TABLES).replace(/^ *#.*$/gm, "");
    const string = shell === "fish" ? /'(\\.|[^'\\])*'/g : /'[^']*'|"[^"]*"|\\./g;
    const code = text.replace(string, "");
    expect(code).not.toMatch(/['"]/);
    const count = (pattern: RegExp): number => code.match(pattern)?.length ?? 0;
    expect(count(/\bcase\b/g)).toBe(count(/\besac\b/g));
    expect(count(/\bif\b/g)).toBe(count(/\bfi\b/g));
    expect(count(/\{/g)).toBe(count(/\}/g));
  });

  it.skipIf(!isInstalled(shell))("has no mistake in its syntax", () => {
    expect(saidBy(shell, ["-n", pathOf(`deploy/completion/${file}`)])).toEqual({ status: 0, said: "" });
  });
});
