// What this machine must have for the demonstration.

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Programs, and the Debian packages that bring them. */
const PROGRAMS = {
  ip: "iproute2",
  nsenter: "util-linux",
  setpriv: "util-linux",
  gcc: "build-essential",
  prometheus: "prometheus",
} as const;

/** One line with what to do; null where nothing is missing. */
export function missingRequirement(): string | null {
  if (process.getuid?.() !== 0)
    return 'network namespaces need root; run: sudo env PATH="$PATH" node --import tsx scripts/demo.ts';
  if (!existsSync(fileURLToPath(new URL("../../dist/main.js", import.meta.url))))
    return "dist/main.js is missing; run npm run build";
  const missing = Object.entries(PROGRAMS).filter(([program]) => !isInstalled(program));
  const packages = [...new Set(missing.map(([, name]) => name))];
  return packages.length === 0
    ? null
    : `${missing.map(([program]) => program).join(", ")}: not installed; run: scripts/install-packages ${packages.join(" ")}`;
}

function isInstalled(program: string): boolean {
  const path = process.env["PATH"] ?? "";
  return path.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
