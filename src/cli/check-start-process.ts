// The process of check-start.ts: gives up what the agent would give up, and says as a line of JSON what is in the way.

import { limitPrivileges } from "../agent-privileges.ts";
import { ConfigError, loadConfig } from "../config/config.ts";
import { print } from "./command.ts";

function problems(file: string): readonly string[] {
  try {
    limitPrivileges(loadConfig(file));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

print(JSON.stringify(problems(process.argv[2] ?? "")));
