// A remote-write receiver on loopback: real HTTP, real snappy and protobuf, answers by script, then by rule. Without
// either it answers 204. Accepted (2xx) samples are stored by series and time.

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
  readonly drop?: "before-answer" | "mid-answer" | "before-body";
  /** Stores the samples for which it says so, whatever the status; default: all of them on 2xx. */
  readonly stores?: (sample: ReceivedSample) => boolean;
  /** Sends the answer's body a byte at a time, with this pause between two. */
  readonly dripMs?: number;
}

/** One sample of a request. */
export interface ReceivedSample {
  /** As `seriesKey` writes it. */
  readonly series: string;
  readonly value: number;
  readonly timestamp: number;
}

/** What the receiver answers when no script is left; null for 204. `number` counts its requests from 1. */
export type Rule = (request: ReceivedRequest, number: number) => Answer | null;

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
  /** Answers when no script is left. */
  rule: Rule = () => null;
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
    const scripted = this.#script.shift();
    this.#concurrent += 1;
    this.maxConcurrent = Math.max(this.maxConcurrent, this.#concurrent);
    response.once("close", () => {
      this.#concurrent -= 1;
    });
    if (scripted?.drop === "before-body") {
      request.destroy();
      return;
    }
    const body = await buffer(request);
    const series = decodeBody(body);
    const received = { path: request.url ?? "", headers: request.headers, body, series, atMs: performance.now() };
    this.requests.push(received);
    const answer = scripted ?? this.rule(received, this.requests.length) ?? { status: 204 };
    await answer.until;
    if (answer.delayMs !== undefined) await sleep(answer.delayMs);
    const ok = answer.status >= 200 && answer.status < 300;
    this.#store(received, answer.stores ?? (() => ok));
    await this.#respond(response, answer);
  }

  async #respond(response: ServerResponse, answer: Answer): Promise<void> {
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
    if (answer.dripMs !== undefined) await drip(response, answer.body ?? "", answer.dripMs);
    if (answer.endless === true) response.write(answer.body ?? "");
    else response.end(answer.dripMs === undefined ? answer.body : undefined);
  }

  /** A second value at a time that has one is what no receiver would store. */
  #store(request: ReceivedRequest, stores: (sample: ReceivedSample) => boolean): void {
    for (const { series, timestamp, value } of samplesOf(request).filter(stores)) {
      const stored = this.samples.get(series) ?? new Map<number, number>();
      this.samples.set(series, stored);
      const known = stored.get(timestamp);
      if (known !== undefined && !Object.is(known, value)) this.errors.push(new Error(`${series}: another value`));
      stored.set(timestamp, value);
    }
  }
}

async function drip(response: ServerResponse, body: string, pauseMs: number): Promise<void> {
  for (const character of body) {
    response.write(character);
    await sleep(pauseMs);
  }
}

export function samplesOf(request: ReceivedRequest): ReceivedSample[] {
  return request.series.flatMap((one) => one.samples.map((sample) => ({ series: seriesKey(one), ...sample })));
}

/** Refuses a whole request for a single sample in it, as Prometheus does. */
export function refusing(isRefused: (sample: ReceivedSample) => boolean, answer: Answer): Rule {
  return (request) => (samplesOf(request).some(isRefused) ? answer : null);
}

/** Refuses the same, but stores what else is in the request, as Mimir and Thanos do. */
export function refusingPartly(isRefused: (sample: ReceivedSample) => boolean, answer: Answer): Rule {
  return refusing(isRefused, { ...answer, stores: (sample) => !isRefused(sample) });
}

/** Refuses requests of more than `samples` samples. */
export function refusingLarge(samples: number, answer: Answer): Rule {
  return (request) => (samplesOf(request).length > samples ? answer : null);
}
