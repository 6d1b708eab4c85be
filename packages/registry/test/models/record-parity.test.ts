import { compareOutputs } from '@fairlead/parity';
import type { JsonTensor } from '@fairlead/signature';
import { expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const scores = (...data: number[]): JsonTensor => ({
  name: 'scores',
  datatype: 'FP64',
  shape: [data.length / 2, 2],
  data,
});
const label = (...data: number[]): JsonTensor => ({
  name: 'label',
  datatype: 'INT64',
  shape: [data.length],
  data,
});

test('a comparison is stored with its page, and decides the gate', async () => {
  const { registry } = temporaryRegistry();
  await registry.push(digits('one'));
  const by = { actor: 'ci' };
  await registry.model('digits').setGates('champion', ['parity <= 1e-4'], by);
  const compare = (off: number) =>
    compareOutputs([
      { inputs: [], expected: [scores(0.5, 0.5)], actual: [scores(0.5, 0.5 + off)] },
    ]);
  await registry
    .model('digits')
    .version(1)
    .recordParity(compare(1e-3), { ...by, original: 'Flask' });
  const set = () => registry.setAlias('digits', 'champion', 1, by);
  expect(await rejection(set())).toMatchObject({ code: 'ERR_REGISTRY_GATES_FAILED' });
  // Labels that differ are stored as a number that JSON has, and fail too.
  const labels = compareOutputs([{ inputs: [], expected: [label(1)], actual: [label(2)] }]);
  await registry
    .model('digits')
    .version(1)
    .recordParity(labels, { ...by, original: 'Flask' });
  expect(await rejection(set())).toMatchObject({ code: 'ERR_REGISTRY_GATES_FAILED' });
  await registry
    .model('digits')
    .version(1)
    .recordParity(compare(1e-6), { ...by, original: 'Flask' });
  expect(await set()).toMatchObject({ version: 1 });
  const measured = (await registry.model('digits').state()).versions.get(1)?.measurements.parity;
  expect(measured).toMatchObject({ details: { rows: 1, original: 'Flask' } });
  const [page] = measured?.documents ?? [];
  if (page === undefined) throw new Error('expected a page');
  const html = Buffer.from(await registry.model('digits').readDocument(page)).toString();
  expect(html).toContain('Parity of digits version 1');
});
