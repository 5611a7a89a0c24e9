// The keys of [[remote_write]] and [query]. Both share the keys of a connection.

import { z } from "zod";

import { connectionKeys } from "./connection-schema.ts";
import { keyDocs, parsed } from "./fields.ts";
import { readUrl } from "./network-values.ts";
import { readDuration, readName, readOneOf, readSchedule } from "./values.ts";

/** As Prometheus names them. */
const MESSAGES = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"] as const;
const STARTS = ["retained", "now"] as const;
const CATCH_UPS = ["sequential", "batched"] as const;

export const remoteWrite = z.strictObject({
  name: parsed(readName).register(keyDocs, {
    type: "text",
    description: "Name of the endpoint; the ledger remembers by it what was delivered.",
    example: '"central"',
  }),
  url: parsed(readUrl).register(keyDocs, {
    type: "http or https URL",
    description: "The remote-write address of the receiver, without credentials.",
    example: '"https://prometheus.example.net/api/v1/write"',
  }),
  schedule: parsed(readSchedule).prefault("*/15 * * * * *").register(keyDocs, {
    type: "cron pattern, seconds first",
    description: "When to push, in UTC.",
    example: '"*/15 * * * * *"',
  }),
  remote_timeout: parsed(readDuration(100, 600_000)).prefault("30s").register(keyDocs, {
    type: "duration, 100ms to 10m",
    description: "How long one request may take.",
    example: '"30s"',
  }),
  protobuf_message: parsed(readOneOf(MESSAGES))
    .prefault("prometheus.WriteRequest")
    .register(keyDocs, {
      type: MESSAGES.join(", "),
      description:
        "The message to send: remote-write 1.0 or 2.0. A receiver that does not take 2.0 gets 1.0 until the next start or reload.",
      example: '"prometheus.WriteRequest"',
    }),
  start: parsed(readOneOf(STARTS))
    .prefault("retained")
    .register(keyDocs, {
      type: STARTS.join(", "),
      description:
        "Where an endpoint begins that the ledger does not know yet: with what is still queued for others, or with what comes next.",
      example: '"retained"',
    }),
  catch_up: parsed(readOneOf(CATCH_UPS))
    .prefault("sequential")
    .register(keyDocs, {
      type: CATCH_UPS.join(", "),
      description:
        "How a backlog goes out: one window after the other, or several windows in one request, for receivers that take samples out of order.",
      example: '"sequential"',
    }),
  ...connectionKeys,
});

export const query = z.strictObject({
  url: parsed(readUrl).register(keyDocs, {
    type: "http or https URL",
    description: "Base address of the Prometheus API, without /api/v1 and without credentials.",
    example: '"https://prometheus.example.net"',
  }),
  ...connectionKeys,
});
