// A process that does nothing but watch how long its event loop stands still: what the machine makes any program wait.
// On each line of input it says the longest stall since the line before.

import { createInterface } from "node:readline";
import { EventLoopWatch } from "./event-loop.ts";

let watch = new EventLoopWatch();

createInterface({ input: process.stdin })
  .on("line", () => {
    const { histogramMs, ticksMs } = watch.stop();
    console.log(JSON.stringify({ longestMs: Math.max(histogramMs, ticksMs) }));
    watch = new EventLoopWatch();
  })
  .on("close", () => process.exit());

console.log("watching");
