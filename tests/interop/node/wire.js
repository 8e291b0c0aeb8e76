'use strict';
// As much protobuf as the interop messages need, so that the peer shares no code with the side under test.

function varint(value) {
  const out = [];
  for (; value >= 0x80; value = Math.floor(value / 0x80)) out.push((value % 0x80) | 0x80);
  out.push(value);
  return Buffer.from(out);
}

const number = (field, value) => (value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field * 8), varint(value)]));
const octets = (field, value) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field, value) => octets(field, Buffer.from(value, 'utf8'));

/** The fields of a message: number -> list of values (number or Buffer), in order. */
function read(message) {
  const fields = new Map();
  let at = 0;
  const take = () => {
    for (let value = 0, scale = 1; ; scale *= 0x80) {
      const byte = message[at++];
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = take();
    let value = take();
    if ((key & 7) === 2) {
      const end = at + value;
      if (end > message.length) throw new Error('truncated');
      value = message.subarray(at, end);
      at = end;
    } else if ((key & 7) !== 0) {
      throw new Error(`wire type ${key & 7}`);
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

const first = (fields, field, fallback) => (fields.get(field) ?? [fallback])[0];
const payload = (size) => octets(2, Buffer.alloc(size));
const status = ({ code, message }) => octets(7, Buffer.concat([number(1, code), text(2, message)]));

const simpleRequest = ({ responseSize = 0, payloadSize = 0, ends } = {}) =>
  Buffer.concat([number(2, responseSize), ...(payloadSize ? [octets(3, payload(payloadSize))] : []), ...(ends ? [status(ends)] : [])]);

const streamingRequest = (sizes, { intervalUs = 0, ends } = {}) =>
  Buffer.concat([...sizes.map((size) => octets(2, Buffer.concat([number(1, size), number(2, intervalUs)]))), ...(ends ? [status(ends)] : [])]);

/** The payload's body of a SimpleResponse or StreamingOutputCallResponse. */
const bodyOf = (response) => first(read(first(read(response), 1, Buffer.alloc(0))), 2, Buffer.alloc(0));

module.exports = { read, first, octets, payload, simpleRequest, streamingRequest, bodyOf };
