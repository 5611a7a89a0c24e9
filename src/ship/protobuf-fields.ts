// Walks the fields of a Protocol Buffers message without knowing its schema ("Encoding", section "Message Structure").

export interface Field {
  readonly number: number;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset behind the tag, and behind the length of a length-delimited field. */
  readonly contentStart: number;
  readonly end: number;
}

const MAX_VARINT_BYTES = 10;

/** The fields of `message` in their order. Throws on bytes that are no message. */
export function fieldsOf(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let start = 0;
  while (start < message.length) {
    const tag = readVarint(message, start);
    const field = fieldAt(message, { start, tag: Number(tag.value), tagEnd: tag.end });
    if (field.end > message.length) throw new Error(`ship: a field at byte ${start} goes beyond its message`);
    fields.push(field);
    start = field.end;
  }
  return fields;
}

/** The integer at `offset`, and the offset behind it. Throws where there is none. */
export function readVarint(bytes: Uint8Array, offset: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const byte = bytes[offset + index];
    if (byte === undefined) break;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, end: offset + index + 1 };
  }
  throw new Error(`ship: there is no varint at byte ${offset}`);
}

function fieldAt(bytes: Uint8Array, { start, tag, tagEnd }: { start: number; tag: number; tagEnd: number }): Field {
  const number = Math.floor(tag / 8);
  const fixed = (length: number): Field => ({ number, start, contentStart: tagEnd, end: tagEnd + length });
  switch (tag % 8) {
    case 0:
      return { number, start, contentStart: tagEnd, end: readVarint(bytes, tagEnd).end };
    case 1:
      return fixed(8);
    case 2: {
      const length = readVarint(bytes, tagEnd);
      return { number, start, contentStart: length.end, end: length.end + Number(length.value) };
    }
    case 5:
      return fixed(4);
    default:
      throw new Error(`ship: there is no wire type ${tag % 8} (byte ${start})`);
  }
}
