// Commits the windows of a ledger one after another until it is killed: state folder, first window, what counted them.

import { Ledger } from "../../src/ledger/ledger.ts";
import { crashOptions, offer } from "./ledger-crash.ts";

const [stateDir = "", first, origin] = process.argv.slice(2);
const ledger = new Ledger(crashOptions(stateDir));
process.stdout.write("ready");
for (let number = Number(first); ; number++) offer(ledger, number, origin === "kernel" ? "kernel" : "capture");
