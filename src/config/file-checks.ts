// Files that the configuration names: resolved against its folder, and readable when it is loaded.

import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";

import { connectionPaths } from "./checks.ts";
import { CONNECTION_FILES } from "./connection-schema.ts";
import { reasonOf, type Table, valueAt } from "./document.ts";
import type { Problem } from "./problem.ts";

const PASSWORD_FILE = ["agent", "basic_auth", "password_file"];

export function fileProblems(document: Table, folder: string): Problem[] {
  const paths = connectionPaths(document).flatMap((path) => CONNECTION_FILES.map((key) => path.concat(key)));
  return [PASSWORD_FILE, ...paths].flatMap((path) => {
    const name = valueAt(document, path);
    if (typeof name !== "string" || name === "") return [];
    const file = resolve(folder, name);
    const reason = unreadableReason(file);
    return reason === null ? [] : [{ path, text: `cannot be read (${reason}); make ${file} readable` }];
  });
}

/** Opens nothing: a pipe would lose what it holds. */
function unreadableReason(file: string): string | null {
  try {
    accessSync(file, constants.R_OK);
    return statSync(file).isDirectory() ? "is a folder" : null;
  } catch (error) {
    return reasonOf(error);
  }
}
