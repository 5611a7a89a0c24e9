// Takes a remote-write request apart into its samples and puts parts of it together again. Bytes are cut, never decoded
// and encoded anew: a part says what the request said, NaN payloads and unknown fields of a series included.

import { compress, uncompress } from "snappyjs";
import { type Field, fieldsOf } from "./protobuf-fields.ts";
import { varintLength, writeVarint } from "./varint.ts";

/** A TimeSeries field of a WriteRequest, tag and length included, with exactly one sample. */
export type CutSample = Uint8Array;

/** A remote-write request without series, in snappy's block format: the length 0. */
export const EMPTY_REQUEST: Uint8Array = Uint8Array.of(0);

const LENGTH_DELIMITED = 2;
// Field numbers of remote.proto and types.proto.
const TIME_SERIES = 1;
const SAMPLES = 2;
const TIME_SERIES_TAG = (TIME_SERIES << 3) | LENGTH_DELIMITED;

/** The samples of a request body, in their order. Throws on bytes that are no compressed WriteRequest. */
export function cutRequest(body: Uint8Array): CutSample[] {
  // A plain Uint8Array: snappyjs decides by the type what it returns.
  const request = uncompress(new Uint8Array(body));
  return fieldsOf(request)
    .filter((field) => field.number === TIME_SERIES)
    .flatMap((field) => cutSeries(request, field));
}

/** A request body with these samples; concatenated fields are one message (Protocol Buffers, "Encoding"). */
export function joinSamples(samples: readonly CutSample[]): Uint8Array {
  return compress(concatenate(samples));
}

/** The bodies of several requests as one. */
export function joinRequests(bodies: readonly Uint8Array[]): Uint8Array {
  return joinSamples(bodies.map((body) => uncompress(new Uint8Array(body))));
}

function cutSeries(request: Uint8Array, series: Field): CutSample[] {
  const content = request.subarray(series.contentStart, series.end);
  const fields = fieldsOf(content);
  const samples = fields.filter(({ number }) => number === SAMPLES);
  if (samples.length === 1) return [request.subarray(series.start, series.end)];
  const bytesOf = ({ start, end }: Field): Uint8Array => content.subarray(start, end);
  const others = fields.filter(({ number }) => number !== SAMPLES).map(bytesOf);
  return samples.map((sample) => seriesField(concatenate([...others, bytesOf(sample)])));
}

function seriesField(content: Uint8Array): CutSample {
  const head = 1 + varintLength(content.length);
  const field = new Uint8Array(head + content.length);
  field[0] = TIME_SERIES_TAG;
  writeVarint(field, 1, content.length);
  field.set(content, head);
  return field;
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
