// A remote-write receiver on loopback: real HTTP, real snappy and protobuf, answers by script. Without a script it
// answers 204. Accepted (2xx) samples are stored by series and time.

import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { type ServerOptions, createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { uncompress } from "snappyjs";
import { loadRemoteWriteTypes } from "../../src/ship/proto.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly delayMs?: number;
  /** The answer goes out when this resolves. */
  readonly until?: Promise<unknown>;
  /** Sends `body` and never ends the answer. */
  readonly endless?: boolean;
  /** Cuts the connection instead of answering, or in the middle of the answer. */
  readonly drop?: "before-answer" | "mid-answer";
}

export interface ReceivedSeries {
  /** In the order on the wire. */
  readonly labels: readonly { readonly name: string; readonly value: string }[];
  readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
}

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly series: readonly ReceivedSeries[];
  /** `performance.now()` when the whole request had arrived. */
  readonly atMs: number;
}

export interface ReceiverOptions {
  readonly port?: number;
  /** Serves HTTPS with these. */
  readonly tls?: ServerOptions;
}

const types = loadRemoteWriteTypes();

/** The series of a request body; throws where it is not snappy or not a WriteRequest. */
export function decodeBody(body: Uint8Array): ReceivedSeries[] {
  const message = types.WriteRequest.decode(uncompress(new Uint8Array(body)));
  const request = types.WriteRequest.toObject(message, { longs: Number, defaults: true, arrays: true });
  const series: ReceivedSeries[] = request["timeseries"];
  return series;
}

/** `name{a="1",b="2"}`, labels as they came. */
export function seriesKey(series: ReceivedSeries): string {
  const name = series.labels.find((label) => label.name === "__name__")?.value ?? "";
  const labels = series.labels.filter((label) => label.name !== "__name__");
  return `${name}{${labels.map((label) => `${label.name}=${JSON.stringify(label.value)}`).join(",")}}`;
}

export class Receiver implements AsyncDisposable {
  readonly requests: ReceivedRequest[] = [];
  /** Accepted samples: series key -> time in ms -> value. */
  readonly samples = new Map<string, Map<number, number>>();
  /** What went wrong while serving: a body that does not decode, a connection that the client cut. */
  readonly errors: unknown[] = [];
  /** The most requests that were in progress at one time. */
  maxConcurrent = 0;
  /** Connections accepted so far. */
  connections = 0;
  readonly #script: Answer[] = [];
  readonly #server;
  readonly #sockets = new Set<Socket>();
  readonly #scheme: string;
  #concurrent = 0;

  private constructor(tls: ServerOptions | undefined) {
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => {
        this.errors.push(error);
        response.destroy();
      });
    });
    this.#server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  static async start(options: ReceiverOptions = {}): Promise<Receiver> {
    const receiver = new Receiver(options.tls);
    receiver.#server.listen(options.port ?? 0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the receiver does not listen");
    return address.port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}/api/v1/write`;
  }

  /** Appends answers; each serves one request, in order. */
  script(...answers: readonly Answer[]): void {
    this.#script.push(...answers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = this.#script.shift() ?? { status: 204 };
    this.#concurrent += 1;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#concurrent);
    response.once("close", () => {
      this.#concurrent -= 1;
    });
    const body = await buffer(request);
    const series = decodeBody(body);
    this.requests.push({ path: request.url ?? "", headers: request.headers, body, series, atMs: performance.now() });
    await answer.until;
    if (answer.delayMs !== undefined) await sleep(answer.delayMs);
    if (answer.status >= 200 && answer.status < 300) this.#store(series);
    this.#respond(response, answer);
  }

  #respond(response: ServerResponse, answer: Answer): void {
    if (answer.drop === "before-answer") {
      response.destroy();
      return;
    }
    if (answer.drop === "mid-answer") {
      response.writeHead(answer.status, { "content-length": "1000", ...answer.headers });
      response.write("the beginning", () => response.destroy());
      return;
    }
    response.writeHead(answer.status, answer.headers);
    if (answer.endless === true) response.write(answer.body ?? "");
    else response.end(answer.body);
  }

  #store(series: readonly ReceivedSeries[]): void {
    for (const one of series) {
      const stored = this.samples.get(seriesKey(one)) ?? new Map<number, number>();
      this.samples.set(seriesKey(one), stored);
      for (const sample of one.samples) stored.set(sample.timestamp, sample.value);
    }
  }
}
