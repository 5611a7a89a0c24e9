import { describe, expect, it } from "vitest";
import { OperatorError } from "../../../src/http/operator-error.ts";
import { proxyFor } from "../../../src/http/proxy.ts";

const PLAIN = "http://receiver.example/";
const SECURE = "https://receiver.example/";
const ENVIRONMENT = { kind: "environment" } as const;

describe("proxyFor", () => {
  it("takes proxy_url for every host, loopback included, and keeps the credentials apart", () => {
    const options = { kind: "url", url: "http://us%40er:p%3Ass@proxy:3128", noProxy: null } as const;
    const proxy = { url: "http://proxy:3128", credentials: "us@er:p:ss" };
    for (const target of [PLAIN, SECURE, "http://127.0.0.1:9090/"])
      expect(proxyFor(target, options, {})).toEqual(proxy);
  });

  it("takes a user without a password, and percent signs that encode nothing", () => {
    const credentials = (url: string) => proxyFor(PLAIN, { kind: "url", url, noProxy: null }, {})?.credentials;
    expect([credentials("http://user@p"), credentials("http://u:100%@p"), credentials("http://p")]).toEqual([
      "user:",
      "u:100%",
      null,
    ]);
  });

  it("leaves out what no_proxy names, and loopback with it", () => {
    const options = { kind: "url", url: "http://proxy:3128", noProxy: "receiver.example" } as const;
    expect(proxyFor(PLAIN, options, {})).toBeNull();
    expect(proxyFor("http://localhost/", options, {})).toBeNull();
    expect(proxyFor("http://other.example/", options, {})).not.toBeNull();
  });

  it.each([
    [PLAIN, { HTTP_PROXY: "http://a:1", http_proxy: "http://b:1" }, "http://a:1"],
    [PLAIN, { HTTP_PROXY: "", http_proxy: "http://b:1" }, "http://b:1"],
    [PLAIN, { HTTPS_PROXY: "http://a:1" }, null],
    [SECURE, { HTTPS_PROXY: "http://a:1" }, "http://a:1"],
    [SECURE, { HTTP_PROXY: "http://a:1" }, null],
    [SECURE, { https_proxy: "proxy:3128" }, "http://proxy:3128"],
    [SECURE, { https_proxy: "https://proxy:3128/" }, "https://proxy:3128"],
    [SECURE, { HTTPS_PROXY: "http://a:1", NO_PROXY: ".example" }, null],
    [SECURE, { HTTPS_PROXY: "http://a:1", no_proxy: "receiver.example:443" }, null],
    [SECURE, { HTTPS_PROXY: "http://a:1", NO_PROXY: "receiver.example:80" }, "http://a:1"],
    ["https://localhost/", { HTTPS_PROXY: "http://a:1" }, null],
    [SECURE, {}, null],
  ])("takes for %s from the environment %j: %s", (target, environment, expected) => {
    expect(proxyFor(target, ENVIRONMENT, environment)?.url ?? null).toBe(expected);
  });

  it("ignores the environment unless it is asked to look", () => {
    expect(proxyFor(PLAIN, { kind: "none" }, { HTTP_PROXY: "http://a:1" })).toBeNull();
  });

  it.each(["socks5://u:hunter2@a:1", "http://u:hunter2@:x"])("does not go direct around %s", (value) => {
    const act = (): unknown => proxyFor(SECURE, ENVIRONMENT, { HTTPS_PROXY: value });
    expect(act).toThrow(new OperatorError("HTTPS_PROXY of the environment is not an http or https URL"));
  });
});
