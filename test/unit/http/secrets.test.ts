import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secrets } from "../../../src/http/secrets.ts";

function knowing(...all: readonly string[]): Secrets {
  const secrets = new Secrets();
  for (const secret of all) secrets.add(secret);
  return secrets;
}

describe("Secrets", () => {
  it("masks a secret in every form that it is sent or echoed in", () => {
    const secret = 'p w/"ö';
    const text = [secret, encodeURIComponent(secret), "p+w%2F%22%C3%B6", JSON.stringify(secret)].join(" | ");
    expect(knowing(secret).redact(text)).toBe('*** | *** | *** | "***"');
  });

  it("masks the beginning of a secret that a text was cut in", () => {
    expect(knowing("hunter2").redact("your password hunte")).toBe("your password ***");
    expect(knowing("hunter2").redact("the hun")).toBe("the hun");
  });

  it("masks the whole of a secret that holds another", () => {
    expect(knowing("hunter", "hunter2").redact("a hunter2 b hunter c")).toBe("a *** b *** c");
  });

  it("forgets the oldest, not the latest", () => {
    const secrets = knowing("first", ...Array.from({ length: 200 }, (_, index) => `token-${index}`));
    expect(secrets.redact("first token-199")).toBe("first ***");
  });

  it("leaves no text with a secret in it, wherever it was cut", () => {
    const secret = fc
      .string({ minLength: 5, maxLength: 30 })
      .filter((text) => !"***".includes(text) && !text.includes("*"));
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), fc.nat(80), (all, around, cut) => {
        const text = `${around}${all.join(around)}${all[0]}`.slice(0, cut);
        const redacted = knowing(...all).redact(text);
        expect(all.filter((one) => redacted.includes(one))).toEqual([]);
      }),
    );
  });
});
