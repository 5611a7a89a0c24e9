// Addresses, URLs and header parts of the configuration, read like in values.ts.

import { parseAddress } from "../model/address.ts";
import type { Parsed } from "../model/prefix.ts";
import { accept, HTTP_TOKEN, refuse } from "./values.ts";

export interface Listen {
  /** Without brackets. */
  readonly host: string;
  /** 0 lets the kernel choose. */
  readonly port: number;
}

/** `127.0.0.1:9112`, `localhost:9112` or `[::1]:9112`; the empty text is null: no listener. */
export function readListen(text: string): Parsed<Listen | null> {
  if (text === "") return accept(null);
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || Number(port) > 65_535 || (bracketed !== undefined && parseAddress(bracketed) === null)) {
    return refuse('is not host:port; write e.g. "127.0.0.1:9112" or "[::1]:9112"');
  }
  return accept({ host, port: Number(port) });
}

/** A name or an address as a Host header has it, without a port; the result is in lower case. */
export function readHostName(text: string): Parsed<string> {
  const isAddress = parseAddress(text.replace(/^\[(.*)\]$/, "$1")) !== null;
  if (isAddress || /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text)) return accept(text.toLowerCase());
  return refuse('is not a host name; write it without scheme and port, e.g. "edge-01.example.net"');
}

/** An absolute http or https URL without credentials, as written. */
export function readUrl(text: string): Parsed<string> {
  return readBareUrl(text, "https://prometheus.example.net/api/v1/write", "basic_auth with username and password_file");
}

/** The same, of a token server. */
export function readTokenUrl(text: string): Parsed<string> {
  return readBareUrl(text, "https://login.example.net/oauth2/token", "client_id and client_secret_file");
}

/** A proxy's URL; credentials are allowed, as in Prometheus. */
export function readProxyUrl(text: string): Parsed<string> {
  const url = httpUrl(text);
  if (url === null) return refuse('is not a http or https URL; write e.g. "http://proxy.example.net:3128"');
  const bare = url.pathname === "/" && url.search === "" && url.hash === "";
  return bare ? accept(text) : refuse("has a path; write scheme, host and port alone");
}

function readBareUrl(text: string, example: string, instead: string): Parsed<string> {
  const url = httpUrl(text);
  if (url === null) return refuse(`is not a http or https URL; write e.g. "${example}"`);
  if (url.username === "" && url.password === "") return accept(text);
  return refuse(`has credentials; remove them and use ${instead}`);
}

function httpUrl(text: string): URL | null {
  return URL.canParse(text) && /^https?:\/\//i.test(text) ? new URL(text) : null;
}

/** The versions that Prometheus names; Node speaks the older two no more. */
export function readTlsVersion(text: string): Parsed<"TLSv1.2" | "TLSv1.3"> {
  if (text === "TLS12") return accept("TLSv1.2");
  if (text === "TLS13") return accept("TLSv1.3");
  if (text === "TLS10" || text === "TLS11") return refuse('is too old to be safe; write "TLS12" or "TLS13"');
  return refuse('is not a TLS version; write "TLS12" or "TLS13"');
}

/** A user of basic authentication; RFC 7617 section 2 forbids the colon and control characters. */
export function readUsername(text: string): Parsed<string> {
  if (text !== "" && !/[:\p{Cc}]/u.test(text)) return accept(text);
  return refuse('is not a user name; write at least one character, no ":" and no control character');
}

/** The scheme in front of the credentials, such as `Bearer` (RFC 9110 section 11.1). */
export function readScheme(text: string): Parsed<string> {
  if (text.toLowerCase() === "basic") return refuse("cannot be built from a token; use basic_auth");
  return HTTP_TOKEN.test(text) ? accept(text) : refuse('is not an authentication scheme; write e.g. "Bearer"');
}

/** Of names `localhost` alone: what others stand for may change. */
export function isLoopback(host: string): boolean {
  const address = parseAddress(host);
  if (address === null) return host.toLowerCase() === "localhost";
  const [a, b, c, d] = address;
  return a === 0 && b === 0 && ((c === 0xffff && d >>> 24 === 127) || (c === 0 && d === 1));
}
