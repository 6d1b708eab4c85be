import type { LoadedVersion } from '@fairlead/serving';
import { expect, test } from 'vitest';
import { warmUpBody, warmUpRequests } from '../../src/warm-up/warm-up-requests.ts';

const MEBIBYTE = 2 ** 20;

/** A version that has answered `bytes` of zeros, which are as many characters in JSON with their commas. */
function versionOf(bytes: number): LoadedVersion {
  const data = new Uint8Array(bytes / 2);
  const x = { name: 'x', datatype: 'UINT8', shape: [1, data.length], data } as const;
  const signature = { inputs: [{ name: 'x', datatype: 'UINT8', shape: [-1, -1] }], outputs: [] };
  return loaded({ signature, answeredInputs: [x] });
}

function loaded(members: object): LoadedVersion {
  return { label: { model: 'm', version: '1' }, ...members } as unknown as LoadedVersion;
}

test.each([
  [1000, 8],
  [MEBIBYTE, 8],
  [3 * MEBIBYTE, 5],
  [10 * MEBIBYTE, 1],
])('requests of %i bytes are sent %i at the same time: 16 MiB at most', (bytes, count) => {
  const version = versionOf(bytes);
  const body = warmUpBody(version, Infinity) ?? Buffer.alloc(0);
  expect(body.length).toBeGreaterThanOrEqual(bytes);
  const requests = warmUpRequests(version, body, 'key');
  expect(requests).toHaveLength(count);
  for (const request of requests) expect(request.subarray(-body.length).equals(body)).toBe(true);
});

test('larger inputs are not sent, nor those of a version that has answered none', () => {
  expect(warmUpBody(versionOf(20 * MEBIBYTE), Infinity)).toBeUndefined();
  expect(warmUpBody(versionOf(40 * MEBIBYTE), Infinity)).toBeUndefined();
  expect(warmUpBody(loaded({ answeredInputs: undefined }), Infinity)).toBeUndefined();
});
