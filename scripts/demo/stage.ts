// What every act of the demonstration works with.

import type { DemoAgent } from "./agent.ts";
import type { Ground } from "./ground.ts";
import type { DemoOptions } from "./options.ts";
import type { Narrator } from "./printing.ts";
import type { Prometheus } from "./prometheus.ts";

export interface Stage {
  readonly options: DemoOptions;
  readonly ground: Ground;
  readonly prometheus: Prometheus;
  readonly agent: DemoAgent;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
}
