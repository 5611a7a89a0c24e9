// The keys of a connection, in the shape and by the names that Prometheus gives them (http_config in its configuration):
// request headers and authentication here, TLS and proxy in transport-schema.ts.

import { z } from "zod";

import { keyDocs, openTable, parsed, sectionDocs } from "./fields.ts";
import { readScheme, readTokenUrl, readUsername } from "./network-values.ts";
import { readHeader, readParameter } from "./tables.ts";
import { fileKey, optionalFileKey, proxyKeys, tlsConfig } from "./transport-schema.ts";
import { readName } from "./values.ts";

const headers = openTable(readHeader).prefault({}).register(keyDocs, {
  type: "table of text",
  description: "Request headers to add.",
  example: '{ "X-Scope-OrgID" = "fra" }',
  commented: true,
});

const basicAuth = z
  .strictObject({
    username: parsed(readUsername).optional().register(keyDocs, {
      type: "text",
      description: "User name; it, or username_file, is required.",
      example: '"edge-01"',
    }),
    username_file: optionalFileKey("File that holds the user name.", '"remote-write.username"'),
    password_file: fileKey("File that holds the password.", '"remote-write.password"'),
  })
  .optional()
  .register(sectionDocs, {
    description: "HTTP basic authentication. Not together with authorization or oauth2.",
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
  .register(sectionDocs, {
    description: "The Authorization header. Not together with basic_auth or oauth2.",
    commented: true,
  });

const oauth2 = z
  .strictObject({
    client_id: parsed(readName).register(keyDocs, {
      type: "text",
      description: "Name of the client at the token server.",
      example: '"edge-01"',
    }),
    client_secret_file: fileKey("File that holds the client's secret.", '"oauth2.secret"'),
    token_url: parsed(readTokenUrl).register(keyDocs, {
      type: "http or https URL",
      description: "Address that tokens are fetched from.",
      example: '"https://login.example.net/oauth2/token"',
    }),
    scopes: z.array(parsed(readName)).prefault([]).register(keyDocs, {
      type: "list of text",
      description: "Scopes to ask for.",
      example: '["metrics.write"]',
    }),
    endpoint_params: openTable(readParameter).prefault({}).register(keyDocs, {
      type: "table of text",
      description: "Further parameters of the token request.",
      example: '{ audience = "prometheus" }',
    }),
    ...proxyKeys,
    tls_config: tlsConfig,
  })
  .optional()
  .register(sectionDocs, {
    description:
      "OAuth 2.0 client credentials. Not together with basic_auth or authorization. TLS and proxy keys in here are those of " +
      "the connection to token_url, the outer ones do not apply to it.",
    commented: true,
  });

export const connectionKeys = {
  headers,
  ...proxyKeys,
  basic_auth: basicAuth,
  authorization,
  tls_config: tlsConfig,
  oauth2,
};

const TLS_FILES = ["ca_file", "cert_file", "key_file"];

/** The keys, inside a table with connection keys, that name files. */
export const CONNECTION_FILES: readonly (readonly string[])[] = [
  ["basic_auth", "username_file"],
  ["basic_auth", "password_file"],
  ["authorization", "credentials_file"],
  ["oauth2", "client_secret_file"],
  ...TLS_FILES.map((key) => ["tls_config", key]),
  ...TLS_FILES.map((key) => ["oauth2", "tls_config", key]),
];
