// The paths of the status server. Nothing here changes anything: there is nothing to do but to read.

import { type Answer, textAnswer } from "./answer.ts";

/** What is read from the ledger, rendered for people or as JSON. */
export type Resource =
  | { readonly kind: "front" | "networks" | "customers" | "usage" }
  | { readonly kind: "network" | "customer"; readonly name: string };

type Health = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export interface Served {
  health(): Health;
  /** What /metrics answers. */
  metrics(): Promise<Answer>;
  /** What /api/status answers. */
  status(): Promise<Answer>;
  /** Rejects never: an answer that cannot be made says why. 404 for a name that nobody knows. */
  resource(resource: Resource): Promise<Answer>;
  /** Style sheets and scripts, by path. */
  readonly assets: ReadonlyMap<string, Answer>;
}

const PATHS = "/  /networks  /networks/NAME  /customers  /customers/NAME  /healthz  /metrics  /api/status  /api/usage";

const RESOURCES: ReadonlyMap<string, Resource> = new Map([
  ["/", { kind: "front" }],
  ["/networks", { kind: "networks" }],
  ["/customers", { kind: "customers" }],
  ["/api/usage", { kind: "usage" }],
]);

/** The answer to a path as a client wrote it, without its query. */
export async function answerTo(path: string, served: Served): Promise<Answer> {
  switch (path) {
    case "/healthz":
      return healthAnswer(served.health());
    case "/metrics":
      return served.metrics();
    case "/api/status":
      return served.status();
    default:
      return served.assets.get(path) ?? named(path, served);
  }
}

async function named(path: string, served: Served): Promise<Answer> {
  if (decoded(path) === null) return textAnswer(400, "the path is not percent-encoded UTF-8\n");
  const resource = RESOURCES.get(path) ?? resourceOf(path);
  return resource === null ? textAnswer(404, `nothing is at this path\n\n${PATHS}\n`) : served.resource(resource);
}

function resourceOf(path: string): Resource | null {
  const [, list, encoded = ""] = /^\/(networks|customers)\/([^/]+)$/.exec(path) ?? [];
  const name = decoded(encoded);
  if (list === undefined || name === null) return null;
  return { kind: list === "networks" ? "network" : "customer", name };
}

/** Null for what no name is encoded as. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    // URIError: a stray percent sign, or bytes that are not UTF-8.
    return null;
  }
}

function healthAnswer(health: Health): Answer {
  return health.ok ? textAnswer(200, "ok\n") : textAnswer(503, `${health.reason}\n`);
}
