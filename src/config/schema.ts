// The schema of the configuration file: the one source of validation, types, agent.toml.example and
// docs/configuration.md, in the order of those files. Rules that join several keys are in checks.ts.

import { z } from "zod";

import { billing, network } from "./billing-schema.ts";
import { contract } from "./contract-schema.ts";
import { query, remoteWrite } from "./endpoint-schema.ts";
import { sectionDocs } from "./fields.ts";
import { account, agent, buffer, capture, networkInterface } from "./host-schema.ts";

export const schema = z.strictObject({
  agent: agent.prefault({}).register(sectionDocs, { description: "The agent itself." }),
  capture: capture.prefault({}).register(sectionDocs, { description: "How packets are counted." }),
  interface: z.array(networkInterface).prefault([]).register(sectionDocs, {
    description: "Interfaces to account, one section each. Without any: the interface of the default route.",
  }),
  account: account.prefault({}).register(sectionDocs, { description: "How packets become windows and bytes." }),
  network: z.array(network).prefault([]).register(sectionDocs, {
    description: "Accounted networks, one section each. Without any: the interface's own addresses.",
  }),
  buffer: buffer.prefault({}).register(sectionDocs, { description: "Bounds of the ledger." }),
  remote_write: z.array(remoteWrite).prefault([]).register(sectionDocs, {
    description: "Receivers of remote-write, one section each. Without any: the ledger alone.",
  }),
  query: query.optional().register(sectionDocs, {
    description: "Where report, reconcile and rules look for what was delivered.",
  }),
  billing: billing.prefault({}).register(sectionDocs, { description: "When bills become final." }),
  contract: z.array(contract).prefault([]).register(sectionDocs, {
    description:
      "Contracts that bills follow, one section each; docs/billing.md shows what each choice does. A customer without one is billed by the defaults.",
  }),
});

/** The file's content after validation, still in the file's own shape. */
export type Settings = z.output<typeof schema>;
