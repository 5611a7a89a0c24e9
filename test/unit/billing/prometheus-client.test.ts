// What the source makes of answers that are no good: each is an error of one line, and no sample is lost silently.

import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { type ApiReply, matrixReply, QueryApi } from "../../support/query-api.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { TokenServer } from "../../support/token-server.ts";
import { endpointOf } from "../ship/ship-fixture.ts";
import { directionOf, HOUR, INTERVAL_MS, sourceOf, START_MS } from "./prometheus-fixture.ts";

/** The message that a source gives for an answer. */
async function complaintAbout(reply: ApiReply, timeoutMs = 10_000): Promise<string> {
  await using api = await QueryApi.start();
  api.rule = () => reply;
  await using source = sourceOf(`${api.url}/prometheus/`, { timeoutMs });
  const message = await source.series(HOUR).then(
    () => "no error",
    (error: unknown) => String(error),
  );
  return message.replaceAll(api.url, "URL").replace(/127\.0\.0\.1:\d+/g, "HOST");
}

const GOOD = matrixReply([directionOf("in", ["1"]), directionOf("out", ["2"])]);
const GOOD_TEXT = JSON.stringify(GOOD.body);
const PLACE = "PrometheusError: [query] url URL/prometheus/:";
const AGAIN = "try again when the server is well";
const LIMITS = "raise the limits of the server, or of what stands before it";
const BASE = "set it to the address of a Prometheus HTTP API, without /api/v1";
const refusal = (status: number, error: string): ApiReply => ({ status, body: { status: "error", error } });

const COMPLAINTS: readonly (readonly [string, ApiReply, string])[] = [
  [
    "a warning",
    matrixReply([], { warnings: ["store 2\nis down"] }),
    "answers with the warning (store 2 is down); mend that, since samples may be missing",
  ],
  ["a part", matrixReply([], { isPartial: true }), `answers a part of the data (isPartial); ${AGAIN}`],
  ["cut JSON", { body: GOOD_TEXT.slice(0, -20) }, `answers JSON that is cut off in the middle; ${LIMITS}`],
  [
    "a page",
    { body: "<html>log in</html>", headers: { "content-type": "text/html" } },
    `answers something that is not JSON (text/html); ${BASE}`,
  ],
  ["an empty answer", { body: "" }, `answers something that is not JSON (application/json); ${BASE}`],
  [
    "a redirect",
    { status: 302, body: "", headers: { location: "https://login.test/?token=a" } },
    "answers HTTP 302, a redirect to https://login.test/; set it to the address behind the redirect",
  ],
  [
    "a refusal",
    { status: 401, body: "Unauthorized\n" },
    "answers HTTP 401 (Unauthorized); check the credentials under [query]",
  ],
  [
    "an overloaded server",
    { status: 503, body: "Service Unavailable" },
    `answers HTTP 503 (Service Unavailable); ${AGAIN}`,
  ],
  ["a timeout of the query", refusal(503, "query timed out"), `answers HTTP 503 (query timed out); ${AGAIN}`],
  ["another program", { status: 404, body: "404 page not found" }, `answers HTTP 404 (404 page not found); ${BASE}`],
  ["an error with status 200", refusal(200, "no"), `answers HTTP 200 (no); ${AGAIN}`],
  [
    "a vector",
    { body: { status: "success", data: { resultType: "vector", result: [] } } },
    `answers something that is no matrix of float samples; ${BASE}`,
  ],
  [
    "histograms",
    { body: { status: "success", data: { resultType: "matrix", result: [{ metric: {}, histograms: [] }] } } },
    `answers something that is no matrix of float samples; ${BASE}`,
  ],
];

describe("answers of a Prometheus API", () => {
  it.each(COMPLAINTS)("are refused where they are %s", async (_, reply, problem) => {
    expect(await complaintAbout(reply)).toBe(`${PLACE} ${problem}`);
  });

  it("are quoted with their end where they are long", async () => {
    const error = `${"query ".repeat(100)}: the cause`;
    expect(await complaintAbout(refusal(400, error))).toMatch(
      / HTTP 400 \((query ){13}qu \.\.\. .*: the cause\); set it/,
    );
  });

  it("are refused where the connection ends before they do", async () => {
    const message = await complaintAbout({ ...GOOD, missingBytes: 10 });
    expect(message).toMatch(/^PrometheusError: \[query\] url URL\/prometheus\/: UND_ERR_SOCKET at HOST .*; check that/);
  });

  it("are refused where they take too long", async () => {
    const message = await complaintAbout({ ...GOOD, endless: true }, 300);
    expect(message).toBe(`${PLACE} no complete answer within 0.3 s; look at its load`);
  });

  it("are refused where a smaller piece is too large as well", async () => {
    const message = await complaintAbout(refusal(422, "query processing would load too many samples"));
    const problem = "answers HTTP 422 (query processing would load too many samples)";
    expect(message).toBe(`${PLACE} ${problem}; ${LIMITS}`);
  });

  it("names the address where nobody listens", async () => {
    const url = await QueryApi.start().then(async (api) => {
      await using closed = api;
      return closed.url;
    });
    await using source = sourceOf(url);
    await expect(source.series(HOUR)).rejects.toThrow(
      `[query] url ${url}: ECONNREFUSED at ${new URL(url).host}; check that it is right, and that the server runs`,
    );
  });

  it("come in smaller pieces where one is cut off or refused for its size, and nothing is missing", async () => {
    await using api = await QueryApi.start();
    const values = Array.from({ length: 2016 }, (_, index) => String(1_000_000_000 + index));
    const series = [directionOf("in", values), directionOf("out", values)];
    api.rule = ({ form }) => {
      const [, seconds = ""] = /\[(\d+)s\]$/.exec(form["query"] ?? "") ?? [];
      const end = Number(form["time"]);
      if (Number(seconds) > 500_000) return refusal(422, "too many samples");
      return matrixReply(
        series.map(({ metric, values: all }) => {
          return { metric, values: all.filter(([time]) => time > end - Number(seconds) && time <= end) };
        }),
      );
    };
    await using source = sourceOf(api.url, { answerBytes: 20_000 });
    const [found] = await source.series({ ...HOUR, endMs: START_MS + 2016 * INTERVAL_MS });
    expect([...(found?.bytesIn ?? [])].map(String)).toEqual(values);
    expect(api.queries.length).toBeGreaterThan(5);
    expect(api.queries.length).toBeLessThan(20);
  });
});

describe("requests to a Prometheus API", () => {
  it("are forms at whole seconds below the configured address, with the connection's headers", async () => {
    await using api = await QueryApi.start();
    const connection = endpointOf(`${api.url}/select/0/prometheus/?tenant=1`, { headers: { "X-Scope-OrgID": "fra" } });
    await using source = sourceOf("", { connection });
    expect(await source.series({ ...HOUR, selector: { customer: 'a"\\\n{}' } })).toEqual([]);
    expect(api.queries.map(({ path, headers }) => [path, headers["x-scope-orgid"], headers["user-agent"]])).toEqual([
      ["/select/0/prometheus/api/v1/query?tenant=1", "fra", "acct-agent/0.1.0"],
    ]);
    const selector = `acct_interval_bytes{customer="a\\"\\\\\\n{}",time_zone="UTC",period="202610"}`;
    expect(api.queries[0]?.form).toEqual({
      query: `${selector}[3600s]`,
      time: String(HOUR.endMs / 1000),
      nocache: "1",
      partial_response: "false",
      deny_partial_response: "1",
    });
  });

  it("carry basic credentials, and no error shows them", async () => {
    await using folder = await tempFolder();
    await using api = await QueryApi.start();
    await writeFile(folder.file("password"), "s3cret-word\n");
    const auth = { kind: "basic", username: "report", passwordFile: folder.file("password") } as const;
    api.rule = ({ headers }) => refusal(403, `no rights: ${headers.authorization} is s3cret-word`);
    await using source = sourceOf("", { connection: endpointOf(api.url, { auth }) });
    await expect(source.series(HOUR)).rejects.toThrow(
      /answers HTTP 403 \(no rights: Basic \*\*\* is \*\*\*\); check the credentials under \[query\]$/,
    );
    const expected = `Basic ${Buffer.from("report:s3cret-word").toString("base64")}`;
    expect(api.queries[0]?.headers.authorization).toBe(expected);
  });

  it("leave data alone that looks like a secret", async () => {
    await using folder = await tempFolder();
    await using api = await QueryApi.start();
    await writeFile(folder.file("token"), "4242");
    const auth = { kind: "authorization", type: "Bearer", credentialsFile: folder.file("token") } as const;
    api.rule = () => matrixReply([directionOf("in", ["142420"]), directionOf("out", ["4242"])]);
    await using source = sourceOf("", { connection: endpointOf(api.url, { auth }) });
    expect(await source.series(HOUR)).toMatchObject([{ bytesIn: { 0: 142_420 }, bytesOut: { 0: 4242 } }]);
  });

  it("get another token where one is refused, and name a missing file", async () => {
    await using folder = await tempFolder();
    await using api = await QueryApi.start();
    await using tokens = await TokenServer.start();
    await writeFile(folder.file("secret"), "client-secret");
    const auth = {
      kind: "oauth2",
      clientId: "report",
      clientSecretFile: folder.file("secret"),
      scopes: [],
      tokenUrl: tokens.url,
      endpointParams: {},
      tls: { insecureSkipVerify: false },
      proxy: { kind: "none" },
    } as const;
    api.rule = ({ headers }) => (headers.authorization === "Bearer t2" ? GOOD : { status: 401, body: "" });
    await using source = sourceOf("", { connection: endpointOf(api.url, { auth }) });
    expect(await source.series(HOUR)).toHaveLength(1);
    const missing = { ...auth, clientSecretFile: "/nonexistent/secret" };
    await using without = sourceOf("", { connection: endpointOf(api.url, { auth: missing }) });
    await expect(without.series(HOUR)).rejects.toThrow(
      `[query] url ${api.url}: cannot read /nonexistent/secret: ENOENT; check the credentials under [query]`,
    );
  });
});
