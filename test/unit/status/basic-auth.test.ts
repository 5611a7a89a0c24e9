import { rename, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

import { basicAuthorizer } from "../../../src/status/basic-auth.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const header = (user: string, password: string, scheme = "Basic"): string =>
  `${scheme} ${Buffer.from(`${user}:${password}`).toString("base64")}`;

describe("basic authentication", () => {
  it("lets in who has user and password, whatever they are made of", async () => {
    await using folder = await tempFolder();
    await writeFile(folder.file("secret"), "pass:wörd \u{1f511}\n");
    const authorize = basicAuthorizer({ username: "operator", passwordFile: folder.file("secret") });
    expect(await authorize(header("operator", "pass:wörd \u{1f511}"))).toBe(true);
    expect(await authorize(header("operator", "pass:wörd \u{1f511}", "bAsIc "))).toBe(true);
  });

  it.each([
    undefined,
    "",
    "Basic",
    "Basic ",
    "Basic ====",
    "Bearer secret",
    header("operator", ""),
    header("operator", "secret "),
    header("operator", "Secret"),
    header("operator", "secretsecret"),
    header("Operator", "secret"),
    header("", "secret"),
    header("operator:secret", ""),
    `${header("operator", "secret")}, ${header("operator", "secret")}`,
    header("operator", "secret", "Digest"),
    Buffer.from("operator:secret").toString("base64"),
  ])("keeps out %j", async (value) => {
    await using folder = await tempFolder();
    await writeFile(folder.file("secret"), "secret\n");
    const authorize = basicAuthorizer({ username: "operator", passwordFile: folder.file("secret") });
    expect(await authorize(value)).toBe(false);
  });

  it("takes the password that is in the file now", async () => {
    await using folder = await tempFolder();
    const passwordFile = folder.file("secret");
    await writeFile(passwordFile, "first");
    const authorize = basicAuthorizer({ username: "operator", passwordFile });
    expect(await authorize(header("operator", "first"))).toBe(true);
    await writeFile(folder.file("new"), "second");
    await rename(folder.file("new"), passwordFile);
    expect(await authorize(header("operator", "first"))).toBe(false);
    expect(await authorize(header("operator", "second"))).toBe(true);
  });

  it("lets nobody in while the file is empty or gone, and names it", async () => {
    await using folder = await tempFolder();
    const passwordFile = folder.file("secret");
    const authorize = basicAuthorizer({ username: "operator", passwordFile });
    await expect(authorize(header("operator", ""))).rejects.toThrow(`cannot read ${passwordFile}`);
    await writeFile(passwordFile, "\n");
    await expect(authorize(header("operator", ""))).rejects.toThrow(`${passwordFile} is empty`);
  });
});
