import { expect, test } from 'vitest';
import { isSampled, samplingKey } from '../../src/recorder/is-sampled.ts';

/** Ids of which each release captures the same: hosts of a fleet are updated one after the other. */
test.each([
  [undefined, ['id-3', 'id-14', 'id-17', 'id-50', 'id-53']],
  ['one', ['id-1', 'id-16', 'id-34', 'id-37', 'id-54']],
])('the decisions of earlier releases hold with the secret %s', (secret, sampled) => {
  const key = samplingKey(secret);
  const ids = Array.from({ length: 60 }, (_, index) => `id-${index}`);
  expect(ids.filter((id) => isSampled(id, 0.1, key))).toEqual(sampled);
  expect(ids.every((id) => isSampled(id, 1, key))).toBe(true);
});
