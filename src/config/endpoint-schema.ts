// The keys of [[remote_write]] and [query]. Both share request headers, authentication and TLS, in the shape that
// Prometheus gives them.

import { z } from "zod";

import { keyDocs, openTable, parsed, sectionDocs } from "./fields.ts";
import { readScheme, readUrl, readUsername } from "./network-values.ts";
import { readHeader } from "./tables.ts";
import { readDuration, readName, readSchedule, readText } from "./values.ts";

const RELATIVE = "Relative to the folder of this file.";

const fileKey = (description: string, example: string) =>
  parsed(readText).register(keyDocs, { type: "path", description: `${description} ${RELATIVE}`, example });
const optionalFileKey = (description: string, example: string) =>
  parsed(readText)
    .optional()
    .register(keyDocs, { type: "path", description: `${description} ${RELATIVE}`, example });

const basicAuth = z
  .strictObject({
    username: parsed(readUsername).register(keyDocs, {
      type: "text",
      description: "User name.",
      example: '"edge-01"',
    }),
    password_file: fileKey("File that holds the password.", '"remote-write.password"'),
  })
  .optional()
  .register(sectionDocs, {
    description: "HTTP basic authentication. Not together with authorization.",
    commented: true,
  });

const authorization = z
  .strictObject({
    type: parsed(readScheme).prefault("Bearer").register(keyDocs, {
      type: "text",
      description: "Authentication scheme.",
      example: '"Bearer"',
    }),
    credentials_file: fileKey("File that holds the token.", '"remote-write.token"'),
  })
  .optional()
  .register(sectionDocs, { description: "The Authorization header. Not together with basic_auth.", commented: true });

const tlsConfig = z
  .strictObject({
    ca_file: optionalFileKey("PEM file of the authorities that may sign the server's certificate.", '"ca.pem"'),
    cert_file: optionalFileKey("PEM file of the client's certificate; needs key_file.", '"client.pem"'),
    key_file: optionalFileKey("PEM file of the client's key; needs cert_file.", '"client.key"'),
    server_name: parsed(readName).optional().register(keyDocs, {
      type: "text",
      description: "Name that the server's certificate must have, where it is not the URL's host.",
      example: '"prometheus.example.net"',
    }),
    insecure_skip_verify: z.boolean().prefault(false).register(keyDocs, {
      type: "true or false",
      description: "Accept any certificate of the server.",
      example: "false",
    }),
  })
  .prefault({})
  .register(sectionDocs, { description: "TLS of the connection.", commented: true });

const headers = openTable(readHeader).prefault({}).register(keyDocs, {
  type: "table of text",
  description: "Request headers to add.",
  example: '{ "X-Scope-OrgID" = "fra" }',
  commented: true,
});

const connectionKeys = { headers, basic_auth: basicAuth, authorization, tls_config: tlsConfig };

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

/** The keys, inside a table of [[remote_write]] or [query], that name files. */
export const CONNECTION_FILES: readonly (readonly [string, string])[] = [
  ["basic_auth", "password_file"],
  ["authorization", "credentials_file"],
  ["tls_config", "ca_file"],
  ["tls_config", "cert_file"],
  ["tls_config", "key_file"],
];
