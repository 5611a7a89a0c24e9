#!/usr/bin/env -S node --max-semi-space-size=2 --liftoff-only
// argv -> command -> exit code. V8's young generation is kept small: left alone, it grows by 40 MB for nothing. WebAssembly
// is not optimized: undici's HTTP parser sees a few answers a second, and optimizing it takes 38 MB at the first push.

import { main } from "./cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
