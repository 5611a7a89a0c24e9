import { describe, expect, it } from "vitest";
import { isDirect } from "../../../src/http/no-proxy.ts";

const direct = (url: string, noProxy: string): boolean => isDirect(new URL(url), noProxy);

describe("isDirect", () => {
  // The cases of Go's httpproxy, whose rules Prometheus documents.
  it.each([
    ["foo.com", "http://foo.com/", true],
    ["foo.com", "http://bar.foo.com/", true],
    ["foo.com", "http://barfoo.com/", false],
    ["foo.com", "http://foo.com.evil.example/", false],
    [".foo.com", "http://bar.foo.com/", true],
    [".foo.com", "http://foo.com/", false],
    ["*.foo.com", "http://bar.foo.com/", true],
    ["*.foo.com", "http://foo.com/", false],
    ["FOO.com", "http://foo.COM/", true],
    ["foo.com:443", "https://foo.com/", true],
    ["foo.com:80", "http://foo.com/", true],
    ["foo.com:81", "http://foo.com/", false],
    ["foo.com:8080", "http://foo.com:8080/", true],
    ["*", "http://anything/", true],
    ["a, , b ,*", "http://anything/", true],
    ["", "http://anything/", false],
    [",", "http://anything/", false],
    ["192.0.2.1", "http://192.0.2.1/", true],
    ["192.0.2.1", "http://192.0.2.10/", false],
    ["192.0.2.1:80", "http://192.0.2.1/", true],
    ["192.0.2.1:81", "http://192.0.2.1/", false],
    ["192.0.2.0/24", "http://192.0.2.77:9090/", true],
    ["192.0.2.9/24", "http://192.0.2.77/", true],
    ["192.0.2.0/24", "http://192.0.3.1/", false],
    ["192.0.2.0/99", "http://192.0.2.1/", false],
    ["192.0.2.0/24", "http://example.net/", false],
    ["2001:db8::/32", "http://[2001:db8::1]/", true],
    ["2001:db8::1", "http://[2001:db8:0:0::1]/", true],
    ["[2001:db8::1]:80", "http://[2001:db8::1]/", true],
    ["[2001:db8::1]:81", "http://[2001:db8::1]/", false],
    ["2001:db8::/32", "http://[2001:db9::1]/", false],
    ["none", "http://localhost:9090/", true],
    ["none", "http://127.1.2.3/", true],
    ["none", "http://[::1]/", true],
    ["none", "http://localhost.example.net/", false],
    ["a/b/c, [::1, :80, x:y:z", "http://example.net/", false],
  ])("with %j: %s -> %s", (noProxy, url, expected) => {
    expect(direct(url, noProxy)).toBe(expected);
  });
});
