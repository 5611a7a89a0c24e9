// A receiver on loopback that speaks remote-write 2.0 by the specification, and 1.0 too: it takes the message that
// Content-Type names, stores what it accepts by series and time, and says how many samples it has written.

import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { type BitSeries, decodeV1, decodeV2 } from "./decode-v2.ts";

const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

export interface ReceivedMessage {
  readonly version: 1 | 2;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly series: readonly BitSeries[];
}

/** How it departs from the specification, for one request. */
export interface Departure {
  /** Default: 204 where the message is taken, else 415. */
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Says nothing of what it has written. */
  readonly silent?: boolean;
  /** Writes only so many samples. */
  readonly writes?: number;
}

export class ReceiverV2 implements AsyncDisposable {
  readonly requests: ReceivedMessage[] = [];
  /** `name="value",...` -> time in ms -> bits of the value. */
  readonly samples = new Map<string, Map<bigint, bigint>>();
  /** The versions that it takes. */
  versions: readonly (1 | 2)[] = [1, 2];
  departure: (request: ReceivedMessage, number: number) => Departure = () => ({});
  readonly #server = createServer();
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
    });
  }

  static async start(): Promise<ReceiverV2> {
    const receiver = new ReceiverV2();
    receiver.#server.listen(0, "127.0.0.1");
    await once(receiver.#server, "listening");
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the receiver does not listen");
    return `http://127.0.0.1:${address.port}/api/v1/write`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const version = request.headers["content-type"] === V2 ? 2 : 1;
    const series = version === 2 ? decodeV2(body).series : decodeV1(body);
    const received = { version, headers: request.headers, body, series } as const;
    this.requests.push(received);
    const departure = this.departure(received, this.requests.length);
    const { status = this.versions.includes(version) ? 204 : 415 } = departure;
    const written = status < 300 ? this.#store(series, departure.writes ?? Infinity) : 0;
    const counts = departure.silent === true || status === 415 ? {} : writtenHeaders(written);
    response.writeHead(status, { ...counts, ...departure.headers }).end(departure.body);
  }

  #store(all: readonly BitSeries[], limit: number): number {
    let written = 0;
    for (const { labels, samples } of all) {
      const key = labels.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",");
      const stored = this.samples.get(key) ?? new Map<bigint, bigint>();
      for (const { timestamp, bits } of samples.slice(0, Math.max(0, limit - written))) {
        this.samples.set(key, stored.set(timestamp, bits));
        written += 1;
      }
    }
    return written;
  }
}

/** Remote-write 2.0, "Required Written Response Headers"; a receiver that takes 1.0 sends them for it too. */
function writtenHeaders(samples: number): Record<string, string> {
  const name = (kind: string): string => `x-prometheus-remote-write-${kind}-written`;
  return { [name("samples")]: String(samples), [name("histograms")]: "0", [name("exemplars")]: "0" };
}
