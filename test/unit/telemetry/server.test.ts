// The status server on real loopback sockets: routes, refusals, and what hostile or slow clients can not do.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Agent, request, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { jsonAnswer, textAnswer } from "../../../src/telemetry/answer.ts";
import { createLog } from "../../../src/telemetry/log.ts";
import type { Resource } from "../../../src/telemetry/routes.ts";
import { StatusServer, type StatusServerOptions, type StatusServerParts } from "../../../src/telemetry/server.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const GET_STATUS = "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LOOPBACK = { listen: { host: "127.0.0.1", port: 0 }, socketPath: null };

interface Started extends AsyncDisposable {
  readonly server: StatusServer;
  readonly port: number;
  readonly logged: string[];
}

async function start(
  parts: Partial<StatusServerParts> = {},
  options: Partial<StatusServerOptions> = {},
): Promise<Started> {
  const logged: string[] = [];
  const defaults = {
    health: () => ({ ok: true as const }),
    status: async () => jsonAnswer('{"instance":"edge-01"}'),
    metrics: async () => textAnswer(200, "acct_test_total 3\n"),
    resource: async (resource: Resource) => textAnswer(200, JSON.stringify(resource)),
    assets: new Map([["/status.css", textAnswer(200, "body {}")]]),
  };
  const log = createLog("info", { write: (line) => void logged.push(line) });
  const server = new StatusServer({ ...LOOPBACK, ...options }, { ...defaults, log, ...parts });
  await server.start();
  const port = server.address()?.port ?? 0;
  return { server, port, logged, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function ask(
  options: RequestOptions,
): Promise<{ status: number; headers: Record<string, unknown>; body: string }> {
  const sent = request({ host: "127.0.0.1", agent: false, ...options }).end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** The answer to what is written to a connection of its own, byte by byte as it is here. */
async function written(port: number, head: string): Promise<string> {
  const socket = await open(port, `${head}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

async function open(port: number, data = ""): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.write(data);
  return socket;
}

describe("StatusServer routes", () => {
  it("answers /healthz with 200 while healthy and 503 with the reason otherwise", async () => {
    let ok = true;
    await using started = await start({ health: () => (ok ? { ok } : { ok: false, reason: "no window for 300 s" }) });
    const { port } = started;
    expect(await ask({ port, path: "/healthz" })).toMatchObject({ status: 200, body: "ok\n" });
    ok = false;
    const ill = await ask({ port, path: "/healthz" });
    expect(ill).toMatchObject({ status: 503, body: "no window for 300 s\n" });
    expect(ill.headers["content-type"]).toBe("text/plain; charset=utf-8");
  });

  it("answers /metrics and /api/status, whatever the query, and assets", async () => {
    await using started = await start();
    const { port } = started;
    expect(await ask({ port, path: "/metrics?x=1" })).toMatchObject({ status: 200, body: "acct_test_total 3\n" });
    const status = await ask({ port, path: "/api/status" });
    expect(status.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(status.body)).toEqual({ instance: "edge-01" });
    expect((await ask({ port, path: "/status.css" })).body).toBe("body {}");
  });

  it.each([
    ["/", { kind: "front" }],
    ["/?a=/networks", { kind: "front" }],
    ["/networks", { kind: "networks" }],
    ["/customers", { kind: "customers" }],
    ["/api/usage", { kind: "usage" }],
    ["/networks/acme-fra", { kind: "network", name: "acme-fra" }],
    ["/networks/a%2Fb%20%C3%BC", { kind: "network", name: "a/b ü" }],
    ["/customers/%3Cb%3E%0A", { kind: "customer", name: "<b>\n" }],
    ["/customers/networks", { kind: "customer", name: "networks" }],
  ])("asks for what is at %s", async (path, resource) => {
    await using started = await start();
    const { status, body } = await ask({ port: started.port, path });
    expect([status, JSON.parse(body)]).toEqual([200, resource]);
  });

  it.each([
    "/secret",
    "//healthz",
    "/networks/",
    "/networks/a/b",
    "/customers/",
    "/Networks",
    "/status.css/",
    "/api",
    "*",
  ])("answers %s with 404 and says what there is", async (path) => {
    await using started = await start();
    const { status, body } = await ask({ port: started.port, path });
    expect([status, body]).toEqual([404, expect.stringContaining("/api/status")]);
  });

  it.each(["/networks/%", "/networks/%zz", "/customers/%ff", "/%c3%28"])("answers %s with 400", async (path) => {
    await using started = await start();
    const { status, body } = await ask({ port: started.port, path });
    expect([status, body]).toEqual([400, "the path is not percent-encoded UTF-8\n"]);
  });

  it("answers HEAD like GET without the body", async () => {
    await using started = await start();
    const { status, headers, body } = await ask({ port: started.port, path: "/healthz", method: "HEAD" });
    expect([status, headers["content-length"], body]).toEqual([200, "3", ""]);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])("refuses %s with 405 and Allow", async (method) => {
    await using started = await start();
    const { status, headers } = await ask({ port: started.port, path: "/healthz", method });
    expect([status, headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("sends the security headers with every answer", async () => {
    await using started = await start();
    for (const path of ["/", "/healthz", "/nothing"]) {
      const { headers } = await ask({ port: started.port, path });
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
      expect(headers["x-frame-options"]).toBe("DENY");
      expect(headers["permissions-policy"]).toContain("camera=()");
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["cache-control"]).toBe("no-store");
    }
  });

  it("lets an answer have a policy of its own, and no other", async () => {
    const resource = async () => textAnswer(200, "page", { "Content-Security-Policy": "default-src 'self'" });
    await using started = await start({ resource });
    const policyOf = async (path: string) =>
      (await ask({ port: started.port, path })).headers["content-security-policy"];
    expect(await policyOf("/")).toBe("default-src 'self'");
    expect(await policyOf("/healthz")).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it("answers 500 with one line when a part fails, and logs it once", async () => {
    await using started = await start({ status: async () => Promise.reject(new Error("ledger is locked")) });
    const { status, body } = await ask({ port: started.port, path: "/api/status" });
    expect([status, body]).toEqual([500, "internal error: see the agent's log\n"]);
    expect(started.logged).toHaveLength(1);
    expect(JSON.parse(started.logged[0] ?? "")).toMatchObject({ path: "/api/status", error: "ledger is locked" });
  });
});

describe("StatusServer hosts", () => {
  it.each(["127.0.0.1", "127.9.9.9:80", "localhost:9112", "LocalHost", "[::1]:9112", "[0:0:0:0:0:0:0:1]"])(
    "serves the loopback Host %s",
    async (host) => {
      await using started = await start();
      expect((await ask({ port: started.port, path: "/healthz", headers: { host } })).status).toBe(200);
    },
  );

  it.each(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil", "192.0.2.1", "[::2]"])(
    "refuses the foreign Host %s with 403",
    async (host) => {
      await using started = await start();
      expect((await ask({ port: started.port, path: "/healthz", headers: { host } })).status).toBe(403);
    },
  );

  it("serves the configured name, and the address a client connected to where all are listened on", async () => {
    await using named = await start({}, { listen: { host: "LOCALHOST", port: 0 } });
    expect((await ask({ port: named.port, path: "/", headers: { host: "localhost:1" } })).status).toBe(200);
    await using wild = await start({}, { listen: { host: "0.0.0.0", port: 0 } });
    expect((await ask({ port: wild.port, path: "/", headers: { host: "evil.example" } })).status).toBe(403);
    expect((await ask({ port: wild.port, path: "/" })).status).toBe(200);
  });

  it("serves further names, in any case, and addresses in any form", async () => {
    await using started = await start({}, { names: ["Edge.example", "[2001:db8::1]", "192.0.2.9"] });
    for (const host of ["edge.EXAMPLE:9112", "[2001:DB8:0::1]:9112", "192.0.2.9:1"])
      expect((await ask({ port: started.port, path: "/healthz", headers: { host } })).status).toBe(200);
    for (const host of ["x.edge.example", "edge.example.evil", "192.0.2.8"])
      expect((await ask({ port: started.port, path: "/healthz", headers: { host } })).status).toBe(403);
  });
});

describe("StatusServer on an absolute request target", () => {
  it.each([
    ["http://localhost:9112/healthz", "ok\n"],
    ["HTTP://LocalHost/metrics?a=http://evil.example/", "acct_test_total 3\n"],
    ["https://127.0.0.1/networks/a%2Fb", '{"kind":"network","name":"a/b"}'],
    ["http://localhost", '{"kind":"front"}'],
    ["http://localhost?a=b", '{"kind":"front"}'],
  ])("answers %s as its path", async (target, body) => {
    await using started = await start();
    const answer = await written(started.port, `GET ${target} HTTP/1.1\r\nHost: localhost`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer.slice(answer.indexOf("\r\n\r\n") + 4)).toBe(body);
  });

  it("goes by the host in it, and not by the Host header", async () => {
    await using started = await start({}, { names: ["edge.example"] });
    const statusOf = async (target: string, host: string) =>
      (await written(started.port, `GET ${target} HTTP/1.1\r\nHost: ${host}`)).split(" ", 2)[1];
    expect(await statusOf("http://evil.example/healthz", "localhost")).toBe("403");
    expect(await statusOf("http://localhost@evil.example/healthz", "localhost")).toBe("403");
    expect(await statusOf("http://evil.example:80@localhost/healthz", "localhost")).toBe("403");
    expect(await statusOf("http://edge.example:9112/healthz", "evil.example")).toBe("200");
    expect(await statusOf("/healthz", "evil.example")).toBe("403");
  });

  it.each(["http:///healthz", "http:healthz", "ftp://localhost/healthz", "http://"])("knows no %s", async (target) => {
    await using started = await start();
    expect(await written(started.port, `GET ${target} HTTP/1.1\r\nHost: localhost`)).toMatch(/^HTTP\/1\.1 40[04] /);
  });
});

describe("StatusServer with a password", () => {
  const authorize = async (header: string | undefined): Promise<boolean> => header === "Basic right";

  it("answers nothing over TCP without it, and everything over the unix socket", async () => {
    await using folder = await tempFolder();
    const socketPath = folder.file("status.sock");
    await using started = await start({}, { authorize, socketPath });
    const { port } = started;
    for (const path of ["/", "/healthz", "/metrics", "/api/status", "/status.css", "/nothing", "/%"]) {
      for (const headers of [{}, { authorization: "Basic wrong" }]) {
        const { status, headers: answered, body } = await ask({ port, path, headers });
        expect([status, answered["www-authenticate"]]).toEqual([401, 'Basic realm="acct-agent", charset="UTF-8"']);
        expect(body).toBe("user and password are needed: see agent.basic_auth\n");
      }
    }
    expect((await ask({ port, path: "/healthz", method: "POST" })).status).toBe(401);
    expect((await ask({ port, path: "/healthz", headers: { authorization: "Basic right" } })).status).toBe(200);
    expect((await ask({ socketPath, path: "/healthz" })).status).toBe(200);
  });

  it("tells a foreign Host nothing, not even that there is one", async () => {
    await using started = await start({}, { authorize });
    const headers = { host: "evil.example", authorization: "Basic right" };
    expect((await ask({ port: started.port, path: "/healthz", headers })).status).toBe(403);
  });

  it("lets nobody in where the password cannot be read", async () => {
    await using started = await start({}, { authorize: async () => Promise.reject(new Error("cannot read secret")) });
    expect((await ask({ port: started.port, path: "/healthz" })).status).toBe(500);
    expect(started.logged).toHaveLength(1);
  });
});

describe("StatusServer bounds", () => {
  const limits = { connections: 4, requestMs: 200, answerMs: 300 };

  it("ends connections that send no request, or one byte at a time", async () => {
    await using started = await start({}, { limits });
    const silent = await open(started.port);
    const trickling = await open(started.port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ");
    const drip = setInterval(() => trickling.write("x"), 20);
    await Promise.all([silent.resume(), trickling.resume()].map(async (socket) => once(socket, "close")));
    clearInterval(drip);
    expect((await ask({ port: started.port, path: "/healthz" })).status).toBe(200);
  });

  it("ends an answer that a client does not read", async () => {
    const status = async () => textAnswer(200, "x".repeat(32 * 1024 * 1024));
    await using started = await start({ status }, { limits });
    const reader = await open(started.port, GET_STATUS);
    await expect.poll(async () => connected(reader)).toBe(false);
  });

  it("ends an exchange whose answer does not come", async () => {
    await using started = await start({ status: async () => new Promise(() => undefined) }, { limits });
    await expect(ask({ port: started.port, path: "/api/status" })).rejects.toThrow("socket hang up");
  });

  it("takes no more than its number of connections, and more again when they end", async () => {
    await using started = await start({}, { limits: { ...limits, requestMs: 1000 } });
    const held = await Promise.all(Array.from({ length: 4 }, async () => open(started.port)));
    await expect(ask({ port: started.port, path: "/healthz" })).rejects.toThrow(/hang up|ECONNRESET/);
    for (const socket of held) socket.destroy();
    const healthy = async (): Promise<boolean> =>
      ask({ port: started.port, path: "/healthz" }).then(
        (answer) => answer.status === 200,
        () => false,
      );
    await expect.poll(healthy).toBe(true);
  });

  it("gives no more to read while too much is unread, but for small answers; what is the same is shared", async () => {
    const large = textAnswer(200, "x".repeat(8 * 1024 * 1024));
    const other = textAnswer(200, "y".repeat(8 * 1024 * 1024));
    const resource = async ({ kind }: Resource) => (kind === "front" ? large : other);
    const generous = { connections: 64, requestMs: 5000, answerMs: 5000, unreadBytes: 12 * 1024 * 1024 };
    await using started = await start({ resource }, { limits: generous });
    const { port } = started;
    const readers = await Promise.all(
      Array.from({ length: 8 }, async () => open(port, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
    );
    await Promise.all(readers.map(async (socket) => once(socket, "readable")));
    expect(await ask({ port, path: "/networks" })).toMatchObject({ status: 503, headers: { "retry-after": "10" } });
    expect((await ask({ port, path: "/healthz" })).status).toBe(200);
    expect((await ask({ port, path: "/" })).body).toHaveLength(8 * 1024 * 1024);
    for (const socket of readers) socket.destroy();
    await expect.poll(async () => (await ask({ port, path: "/networks" })).status).toBe(200);
  });

  it("ends a connection whose second request comes before the first is answered, and makes one answer", async () => {
    let asked = 0;
    const status = async () => {
      asked += 1;
      return new Promise<never>(() => undefined);
    };
    await using started = await start({ status });
    const eager = await open(started.port, GET_STATUS.repeat(1000));
    eager.resume();
    // It may be gone before anybody waits for that.
    await expect.poll(() => eager.closed, { timeout: 4_000 }).toBe(true);
    expect(asked).toBe(1);
    expect((await ask({ port: started.port, path: "/healthz" })).status).toBe(200);
  });

  it("keeps nothing for a client that asked for much at once and went away", async () => {
    const status = async () => textAnswer(200, "x".repeat(64 * 1024));
    const resource = async () => textAnswer(200, "y".repeat(16 * 1024 * 1024));
    const generous = { connections: 64, requestMs: 5000, answerMs: 5000, unreadBytes: 26 * 1024 * 1024 };
    await using started = await start({ status, resource }, { limits: generous });
    const greedy = await open(started.port, GET_STATUS.repeat(400));
    await Promise.race([once(greedy, "readable"), once(greedy, "close")]);
    greedy.destroy();
    await expect.poll(async () => (await ask({ port: started.port, path: "/" })).status, { timeout: 4_000 }).toBe(200);
  });

  it("answers one request after another on a connection that stays, however long the answers are", async () => {
    const status = async () => textAnswer(200, "x".repeat(3 * 1024 * 1024));
    await using started = await start({ status });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    const asked = ["/api/status", "/healthz", "/metrics", "/nothing"].flatMap((path) =>
      ["GET", "HEAD", "GET"].map(async (method) => {
        const sent = request({ host: "127.0.0.1", port: started.port, agent, path, method }).end();
        const [response] = await once(sent, "response");
        ports.add(sent.socket?.localPort);
        return (await text(response)).length;
      }),
    );
    const lengths = await Promise.all(asked);
    agent.destroy();
    expect(lengths.slice(0, 6)).toEqual([3 * 1024 * 1024, 0, 3 * 1024 * 1024, 3, 0, 3]);
    expect(ports.size).toBe(1);
  });

  it("refuses a header over its size", async () => {
    await using started = await start();
    const { status } = await ask({ port: started.port, path: "/", headers: { x: "x".repeat(9000) } });
    expect(status).toBe(431);
  });
});

describe("StatusServer on a unix socket", () => {
  it("serves any Host there, from a file of mode 0600 that goes with the server", async () => {
    await using folder = await tempFolder();
    const socketPath = folder.file("status.sock");
    const started = await start({}, { listen: null, socketPath });
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
    expect(started.server.address()).toBeNull();
    const answer = await ask({ socketPath, path: "/healthz", headers: { host: "acct-agent" } });
    expect(answer.status).toBe(200);
    await started.server[Symbol.asyncDispose]();
    expect(existsSync(socketPath)).toBe(false);
  });

  it("replaces the socket of an agent that was killed", async () => {
    await using folder = await tempFolder();
    const socketPath = folder.file("status.sock");
    const killed = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    spawnSync(process.execPath, ["-e", killed, socketPath]);
    expect(existsSync(socketPath)).toBe(true);
    await using started = await start({}, { socketPath });
    expect((await ask({ socketPath, path: "/healthz" })).status).toBe(200);
    expect((await ask({ port: started.port, path: "/healthz" })).status).toBe(200);
  });

  it("leaves the socket of a running agent alone, and closes its TCP listener again", async () => {
    await using folder = await tempFolder();
    const socketPath = folder.file("status.sock");
    await using first = await start({}, { listen: null, socketPath });
    const port = await freePort();
    await expect(start({}, { listen: { host: "127.0.0.1", port }, socketPath })).rejects.toThrow(
      `cannot open the status socket ${socketPath}: another agent answers on it`,
    );
    expect(first.server.address()).toBeNull();
    await expect(ask({ port, path: "/healthz" })).rejects.toThrow("ECONNREFUSED");
    expect((await ask({ socketPath, path: "/healthz" })).status).toBe(200);
  });

  it("refuses a path that is a file, too long or without a folder, in one line", async () => {
    await using folder = await tempFolder();
    const file = folder.file("ledger.sqlite");
    await writeFile(file, "precious");
    for (const [socketPath, problem] of [
      [file, "a file that is not a socket"],
      [folder.file("x".repeat(108)), "longer than 107 bytes"],
      [folder.file("none/status.sock"), "its folder does not exist"],
    ] as const)
      await expect(start({}, { listen: null, socketPath })).rejects.toThrow(problem);
    expect(existsSync(file)).toBe(true);
  });
});

describe("StatusServer.start", () => {
  it("names the address and the fix when the port is taken", async () => {
    await using first = await start();
    await expect(start({}, { listen: { host: "127.0.0.1", port: first.port } })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${first.port}: another program has the port; choose another agent.listen, or "" to turn it off`,
    );
    expect(first.logged).toEqual([]);
  });

  it("names an address that is not the host's", async () => {
    await expect(start({}, { listen: { host: "2001:db8::1", port: 9112 } })).rejects.toThrow(
      "cannot listen on [2001:db8::1]:9112: the address is not one of this host",
    );
  });

  it("restores the file mode mask", async () => {
    const before = process.umask();
    await using started = await start();
    expect([process.umask(), started.port > 0]).toEqual([before, true]);
  });
});

/** Whether the server still holds its end: a write fails once it reset the connection. */
async function connected(socket: Socket): Promise<boolean> {
  if (socket.destroyed) return false;
  return new Promise((resolve) => socket.write("x", (error) => resolve(!error)));
}
