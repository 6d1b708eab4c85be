import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const content = Buffer.from('the same bytes');

function documents(count: number): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`${index}.txt`, content]));
}

test('a measurement has at most 64 documents; with 65 nothing is recorded', async () => {
  const { registry } = temporaryRegistry();
  await registry.push(digits('weights'));
  const measure = (count: number) =>
    registry
      .model('digits')
      .version(1)
      .measure({
        actor: 'bob',
        name: 'parity',
        value: 1,
        documents: documents(count),
      });
  expect(await rejection(measure(65))).toMatchObject({
    code: 'ERR_REGISTRY_INVALID_OPTION',
    message: expect.stringContaining('at most 64 documents') as unknown,
  });
  expect(await registry.model('digits').events()).toEqual([]);
  await measure(64);
  const [event] = await registry.model('digits').events();
  expect(event).toMatchObject({ type: 'measured' });
  expect(JSON.stringify(event)).toContain('63.txt');
});
