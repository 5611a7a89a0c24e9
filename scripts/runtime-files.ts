// Prints what the built program needs of a checkout at run time, one path a line: its own files, and of the installed
// modules those files that can be loaded, with their licences. What only compiles or installs a module stays out.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { z } from "zod";

const packageJson = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/** They run when a module is installed, and never again. */
const INSTALLERS: ReadonlySet<string> = new Set(["prebuild-install", "nan"]);
const LOADED = /\.([cm]?js|json|node|proto)$/;
const LICENCE = /^(licen[cs]e|copying|notice)/i;
/** Folders that no module loads from; the C library of another system among them. */
const UNUSED = /^(\.bin|tests?|docs?|examples?|bench(marks)?|obj(\.target)?|musl_.*|node_modules)$/;
const UNUSED_FILES: ReadonlySet<string> = new Set(["test_extension.node", "package-lock.json", "tsconfig.json"]);

const OWN = ["package.json", "migrations", "proto"];

/** Files below `path`, except in folders that `isUnused`. */
function filesBelow(path: string, isUnused: (name: string) => boolean): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.flatMap((entry) => {
    const inner = join(path, entry.name);
    if (!entry.isDirectory()) return [inner];
    return isUnused(entry.name) ? [] : filesBelow(inner, isUnused);
  });
}

/** What was compiled of the sources that are there now: dist/ also holds what earlier ones left. */
function compiled(): readonly string[] {
  const sources = filesBelow("src", () => false).filter((path) => !/\.(d\.ts|c)$/.test(path));
  return sources.map((path) => path.replace(/^src/, "dist").replace(/\.ts$/, ".js"));
}

/** Folders of the modules that the program needs, from package.json on, as node finds them. */
function modules(): readonly string[] {
  const found = new Set<string>();
  const visit = (folder: string): void => {
    const { dependencies, optionalDependencies } = packageJson.parse(
      JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const path = INSTALLERS.has(name) ? null : findModule(folder, name);
      if (path === null) {
        if (name in dependencies && !INSTALLERS.has(name)) throw new Error(`${folder} needs ${name}: run npm ci`);
      } else if (!found.has(path)) {
        found.add(path);
        visit(path);
      }
    }
  };
  visit(".");
  return [...found];
}

/** Null where it is not installed: an optional one of another platform. */
function findModule(folder: string, name: string): string | null {
  const parts = folder.split(sep);
  for (let length = parts.length; length >= 0; length--) {
    const path = join(...parts.slice(0, length), "node_modules", name);
    if (existsSync(join(path, "package.json"))) return path;
  }
  return null;
}

function moduleFiles(folder: string): readonly string[] {
  return filesBelow(folder, (name) => UNUSED.test(name)).filter((path) => {
    const name = path.slice(path.lastIndexOf(sep) + 1);
    return (LOADED.test(name) || LICENCE.test(name)) && !UNUSED_FILES.has(name);
  });
}

const own = OWN.flatMap((path) => (path.includes(".") ? [path] : filesBelow(path, () => false)));
const all = [...own, ...compiled(), ...modules().flatMap(moduleFiles)];
const missing = all.find((path) => !existsSync(path));
if (missing === undefined) {
  process.stdout.write(`${all.toSorted().join("\n")}\n`);
} else {
  process.stderr.write(`runtime-files: ${missing} is missing: run npm run build\n`);
  process.exitCode = 1;
}
