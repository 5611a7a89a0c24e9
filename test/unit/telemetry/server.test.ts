// The status server on real loopback sockets: routes, refusals, and what hostile or slow clients can not do.

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { request, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { Counter } from "prom-client";
import { describe, expect, it } from "vitest";
import { createLog } from "../../../src/telemetry/log.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { StatusServer, type StatusServerOptions, type StatusServerParts } from "../../../src/telemetry/server.ts";
import { freePort } from "../../support/free-port.ts";
import { tempFolder } from "../../support/temp-folder.ts";

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
  const defaults = { health: () => ({ ok: true as const }), status: async () => ({ instance: "edge-01" }) };
  const log = createLog("info", { write: (line) => void logged.push(line) });
  const server = new StatusServer(
    { ...LOOPBACK, ...options },
    { ...defaults, metrics: createMetrics(), log, ...parts },
  );
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

  it("answers /metrics in the content type of the registry", async () => {
    const metrics = createMetrics();
    new Counter({ name: "acct_test_total", help: "A test.", registers: [metrics] }).inc(3);
    await using started = await start({ metrics });
    const { status, headers, body } = await ask({ port: started.port, path: "/metrics?x=1" });
    expect([status, headers["content-type"]]).toEqual([200, metrics.contentType]);
    expect(body).toContain("acct_test_total 3");
  });

  it("answers /api/status in JSON, / with an index and anything else with 404", async () => {
    await using started = await start();
    const { port } = started;
    const status = await ask({ port, path: "/api/status" });
    expect(status.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(status.body)).toEqual({ instance: "edge-01" });
    const index = await ask({ port, path: "/" });
    expect(index.body).toMatch(/\/healthz[^]*\/metrics[^]*\/api\/status/);
    expect((await ask({ port, path: "/secret" })).status).toBe(404);
    expect((await ask({ port, path: "//healthz" })).status).toBe(404);
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
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["cache-control"]).toBe("no-store");
    }
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
    const status = async (): Promise<string> => "x".repeat(32 * 1024 * 1024);
    await using started = await start({ status }, { limits });
    const reader = await open(started.port, "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n");
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
