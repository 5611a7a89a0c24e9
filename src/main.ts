#!/usr/bin/env -S node --max-semi-space-size=2
// argv -> command -> exit code. V8's young generation is kept small: left alone, it grows by 40 MB for nothing.

import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
