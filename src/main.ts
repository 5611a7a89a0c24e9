#!/usr/bin/env -S node --max-semi-space-size=2 --liftoff-only
// argv -> command -> exit code. V8's young generation is kept small: left alone, it grows by 40 MB for nothing. So does the
// compiler that optimizes WebAssembly, for undici's HTTP parser, which sees a few headers a second: its first one does.

import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
