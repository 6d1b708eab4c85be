import { serialize } from 'node:v8';
import { packValue } from '../../src/codec/packed-value.ts';
import { decodeTensor, type Tensor } from '@fairlead/signature';
import { expect, test } from 'vitest';
import { DECODED, packDecoded, unpackDecoded } from '../../src/jobs/decoded-body.ts';

const tensors = [
  { name: 'a', datatype: 'BOOL', shape: [2], data: [true, false] },
  { name: 'b', datatype: 'UINT8', shape: [2], data: [0, 255] },
  { name: 'c', datatype: 'INT8', shape: [2], data: [-128, 127] },
  { name: 'd', datatype: 'UINT16', shape: [2], data: [0, 65_535] },
  { name: 'e', datatype: 'INT16', shape: [2], data: [-32_768, 32_767] },
  { name: 'f', datatype: 'UINT32', shape: [1], data: [4_294_967_295] },
  { name: 'g', datatype: 'INT32', shape: [1], data: [-2_147_483_648] },
  { name: 'h', datatype: 'UINT64', shape: [1], data: [7] },
  { name: 'i', datatype: 'INT64', shape: [1], data: [-7] },
  { name: 'j', datatype: 'FP16', shape: [2], data: [0.5, -2] },
  { name: 'k', datatype: 'FP32', shape: [2, 1], data: [0.1, 2] },
  { name: 'l', datatype: 'FP64', shape: [], data: [0.1] },
  { name: 'm', datatype: 'BYTES', shape: [3], data: ['', 'grüße', '0'] },
  { name: 'n', datatype: 'FP32', shape: [0, 4], data: [] },
].map((tensor): Tensor => decodeTensor(tensor));

test('a decoded request comes back as it was, tensors of every datatype and shape too', () => {
  const decoded = {
    request: { id: '7', inputs: tensors, outputs: ['y'], priority: 1, timeoutMs: 9000 },
    binary: { byDefault: true, named: new Map([['y', false]]) },
    classes: new Map([['y', 2]]),
    rows: undefined,
  };
  const packed = packDecoded(decoded);
  const back = unpackDecoded(DECODED, Buffer.concat([Buffer.from('x'), packed]).subarray(1));
  expect(back).toEqual(decoded);
});

test('its tensors share no storage with each other or the record: each can be moved on its own', () => {
  const packed = packDecoded({ request: { inputs: tensors.slice(9, 12) } });
  const { inputs } = unpackDecoded(DECODED, packed).request;
  const buffers = inputs.map(({ data }) => (data as Float32Array).buffer);
  expect(new Set([...buffers, packed.buffer]).size).toBe(4);
  for (const { data } of inputs) {
    const { byteLength, buffer } = data as Float32Array;
    expect(buffer.byteLength).toBe(byteLength);
  }
});

test('packing leaves the tensors of the request as they are', () => {
  const [tensor] = tensors.slice(10);
  packDecoded({ request: { inputs: tensor === undefined ? [] : [tensor] } });
  expect(tensor?.data).toEqual(Float32Array.of(0.1, 2));
});

test('a request that version 0.1 stored without its name is read as well', () => {
  const pack = (decoded: object): Buffer => serialize(packValue(decoded, true).value);
  const inputs = tensors.slice(10, 12);
  expect(unpackDecoded('decoded-1', pack({ inputs, rows: 2 }))).toMatchObject({
    request: { inputs },
    rows: 2,
  });
  const v2 = { request: { id: '7', inputs }, binary: { byDefault: true } };
  expect(unpackDecoded('decoded-1', pack(v2))).toEqual(v2);
});

test('the format of a later release is rejected', () => {
  expect(() => unpackDecoded('decoded-3', Buffer.alloc(0))).toThrow(
    'stored as "decoded-3", which this release doesn\'t read',
  );
});
