// `npm run demo`: the whole product on one machine, from packets to bills, with everything that was sent compared to the
// byte. Exit code 1 where anything differs, 2 for a wrong option. Whatever ends it, what it made is removed.

import { removeLeftGrounds, removeOwnGround } from "./demo/ground.ts";
import { type DemoOptions, demoOptions, USAGE } from "./demo/options.ts";
import { missingRequirement } from "./demo/requirements.ts";
import { Narrator } from "./demo/printing.ts";
import { tell } from "./demo/story.ts";

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const PARENT_POLL_MS = 1_000;

/** Aborts on any signal, and when the process that started this one is gone: the exit code is the reason. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const abort = (code: number): void => controller.abort(code);
  // A terminal sends Ctrl-C to npm and tsx too, and they pass it on: the second must not end the cleaning.
  for (const [name, code] of Object.entries(SIGNALS)) process.on(name, () => abort(code));
  process.stdout.on("error", () => abort(SIGNALS.SIGHUP));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && abort(SIGNALS.SIGHUP), PARENT_POLL_MS).unref();
  return controller.signal;
}

async function demo(options: DemoOptions): Promise<number> {
  const signal = interruption();
  const left = await removeLeftGrounds();
  if (left > 0) console.log(`removed what ${left} killed demonstration${left === 1 ? "" : "s"} left`);
  let code = 1;
  try {
    code = (await tell(options, new Narrator(), signal)) ? 0 : 1;
  } catch (error) {
    if (!signal.aborted) throw error;
    code = Number(signal.reason);
  } finally {
    const isDetached = await removeOwnGround();
    console.log(isDetached ? "\nremoved everything; nothing is left in the kernel" : "\nacct-agent detach FAILED");
    if (!isDetached) code = 1;
  }
  return code;
}

async function run(argv: readonly string[]): Promise<number> {
  let options: DemoOptions | null;
  try {
    options = demoOptions(argv);
  } catch (error) {
    console.error(`demo: ${error instanceof Error ? error.message : String(error)}; see --help`);
    return 2;
  }
  if (options === null) {
    console.log(USAGE);
    return 0;
  }
  const missing = missingRequirement();
  if (missing !== null) {
    console.error(`demo: ${missing}`);
    return 2;
  }
  return demo(options).catch((error: unknown) => {
    console.error(`demo: ${explain(error)}`);
    return 1;
  });
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined || error.cause === null
    ? error.message
    : `${error.message}: ${explain(error.cause)}`;
}

process.exitCode = await run(process.argv.slice(2));
