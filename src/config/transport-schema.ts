// The keys that say how a server is reached, by the names that Prometheus gives them: TLS and proxy.

import { z } from "zod";

import { keyDocs, parsed, sectionDocs } from "./fields.ts";
import { readProxyUrl, readTlsVersion } from "./network-values.ts";
import { readName, readText } from "./values.ts";

const RELATIVE = "Relative to the folder of this file.";

/** A path; the file must be readable when the configuration is loaded. */
export const fileKey = (description: string, example: string) =>
  parsed(readText).register(keyDocs, { type: "path", description: `${description} ${RELATIVE}`, example });
export const optionalFileKey = (description: string, example: string) =>
  parsed(readText)
    .optional()
    .register(keyDocs, { type: "path", description: `${description} ${RELATIVE}`, example });

export const tlsConfig = z
  .strictObject({
    ca_file: optionalFileKey("PEM file of the authorities that may sign the server's certificate.", '"ca.pem"'),
    cert_file: optionalFileKey("PEM file of the client's certificate; needs key_file.", '"client.pem"'),
    key_file: optionalFileKey("PEM file of the client's key; needs cert_file.", '"client.key"'),
    server_name: parsed(readName).optional().register(keyDocs, {
      type: "text",
      description: "Name that the server's certificate must have, where it is not the URL's host.",
      example: '"prometheus.example.net"',
    }),
    min_version: parsed(readTlsVersion).prefault("TLS12").register(keyDocs, {
      type: "TLS12, TLS13",
      description: "Lowest TLS version to accept.",
      example: '"TLS12"',
    }),
    insecure_skip_verify: z.boolean().prefault(false).register(keyDocs, {
      type: "true or false",
      description: "Accept any certificate of the server.",
      example: "false",
    }),
  })
  .prefault({})
  .register(sectionDocs, { description: "TLS of the connection.", commented: true });

export const proxyKeys = {
  proxy_url: parsed(readProxyUrl).optional().register(keyDocs, {
    type: "http or https URL",
    description: "Proxy to connect through, with user and password where it asks for them.",
    example: '"http://proxy.example.net:3128"',
    commented: true,
  }),
  no_proxy: parsed(readText).optional().register(keyDocs, {
    type: "text",
    description:
      "Comma-separated addresses, prefixes and domains to connect to directly; localhost always is then. Needs proxy_url.",
    example: '"192.0.2.0/24, .example.net"',
    commented: true,
  }),
  proxy_from_environment: z.boolean().prefault(false).register(keyDocs, {
    type: "true or false",
    description: "Take HTTP_PROXY, HTTPS_PROXY and NO_PROXY from the environment. Not together with the other two.",
    example: "false",
    commented: true,
  }),
};
