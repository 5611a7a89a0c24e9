#!/usr/bin/env node
// argv -> command -> exit code.

import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
