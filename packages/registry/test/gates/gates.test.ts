import { GatesFailedError, parseGate, type PushRequest } from '@fairlead/registry';
import { describe, expect, test } from 'vitest';
import { digits, rejection, temporaryRegistry } from '../support/sample-registry.ts';

const by = { actor: 'bob' };

async function guarded(gates: readonly string[], ...pushes: Partial<PushRequest>[]) {
  const { registry } = temporaryRegistry();
  for (const [index, changes] of pushes.entries()) {
    await registry.push(digits(`weights ${index}`, changes));
  }
  await registry.model('digits').setGates('champion', gates, by);
  const set = (version: number) => registry.setAlias('digits', 'champion', version, by);
  return { registry, set };
}

const accuracy = (value: number): Partial<PushRequest> => ({ metrics: { accuracy: value } });

describe('parseGate', () => {
  test.each([
    ['accuracy >= 0.95', { check: 'value', name: 'accuracy', comparison: '>=', threshold: 0.95 }],
    ['parity<=1e-4', { check: 'value', name: 'parity', comparison: '<=', threshold: 1e-4 }],
    ['bias >= -0.5', { check: 'value', name: 'bias', comparison: '>=', threshold: -0.5 }],
    [
      'accuracy >= champion - 0.01',
      { check: 'comparison', name: 'accuracy', comparison: '>=', alias: 'champion', offset: -0.01 },
    ],
    [
      'p99Ms <= champion + 2',
      { check: 'comparison', name: 'p99Ms', comparison: '<=', alias: 'champion', offset: 2 },
    ],
    [
      'accuracy >= champion',
      { check: 'comparison', name: 'accuracy', comparison: '>=', alias: 'champion', offset: 0 },
    ],
    ['goldenExamples', { check: 'goldenExamples', atLeast: 1 }],
    ['goldenExamples 3', { check: 'goldenExamples', atLeast: 3 }],
    ['signatureCompatible', { check: 'signatureCompatible' }],
    [' approvedBy 2 ', { check: 'approvedBy', people: 2 }],
  ])('reads %s', (text, gate) => {
    expect(parseGate(text)).toEqual(gate);
  });

  test.each([
    '',
    'accuracy',
    'accuracy > 0.9',
    'accuracy >= ',
    'accuracy >= 0.9 or else',
    'approvedBy',
    'approvedBy -1',
    'accuracy >= NaN',
    `${'a'.repeat(300)} >= 1`,
    'accuracy <= 1e999',
    'accuracy >= champion - 1e999',
    'approvedBy 99999999999999999999',
    'goldenExamples 99999999999999999999',
  ])('rejects %j, and shows the valid forms', (text) => {
    expect(() => parseGate(text)).toThrow(/accuracy >= 0\.95/);
  });
});

test('a version below the threshold is rejected, with the gate, its threshold and the found value', async () => {
  const { registry, set } = await guarded(['accuracy >= 0.95', 'loss <= 1'], accuracy(0.9), {
    metrics: { accuracy: 0.96, loss: 0.5 },
  });
  const error = await rejection(set(1));
  expect(error).toBeInstanceOf(GatesFailedError);
  expect(error).toMatchObject({
    code: 'ERR_REGISTRY_GATES_FAILED',
    results: [
      { gate: 'accuracy >= 0.95', passed: false, found: '0.9, pushed by ada' },
      { gate: 'loss <= 1', passed: false, found: 'version 1 has no loss, it has accuracy' },
    ],
  });
  expect((error as Error).message).toContain('accuracy >= 0.95: 0.9');
  expect(await rejection(registry.resolve('digits', 'champion'))).toMatchObject({
    code: 'ERR_REGISTRY_ALIAS_NOT_FOUND',
  });
  expect(await set(2)).toMatchObject({
    version: 2,
    gates: { event: 1, results: [{ passed: true }, { passed: true }] },
  });
  const [entry] = await registry.history('digits', 'champion');
  expect(entry?.gates?.results).toHaveLength(2);
});

test('a version is compared with the version that the alias points to', async () => {
  const { registry, set } = await guarded(
    ['accuracy >= champion - 0.01'],
    accuracy(0.9),
    accuracy(0.85),
    accuracy(0.895),
  );
  expect((await set(1)).gates?.results[0]?.found).toContain("isn't set yet");
  expect(await rejection(set(2))).toMatchObject({
    results: [{ passed: false, found: '0.85, pushed by ada; version 1 has 0.9' }],
  });
  expect(await set(3)).toMatchObject({ version: 3 });
  expect(await registry.checkGates('digits', 'champion', 2)).toMatchObject([{ passed: false }]);
  expect(await registry.checkGates('digits', 'candidate', 2)).toEqual([]);
});

test('latency and parity count only as measurements, not as metrics of a push', async () => {
  const { registry, set } = await guarded(['p99Ms <= 20', 'parity <= 1e-4'], {
    metrics: { p99Ms: 1, parity: 0 },
  });
  expect(await rejection(set(1))).toMatchObject({
    results: [{ passed: false }, { passed: false, found: 'parity of version 1 was not measured' }],
  });
  await registry
    .model('digits')
    .version(1)
    .measure({ ...by, name: 'p99Ms', value: 12, details: { host: 'c7i' } });
  await registry
    .model('digits')
    .version(1)
    .measure({ ...by, name: 'parity', value: 1e-3 });
  expect(await rejection(set(1))).toMatchObject({ results: [{ passed: true }, { passed: false }] });
  await registry
    .model('digits')
    .version(1)
    .measure({ ...by, name: 'parity', value: 1e-5 });
  expect((await set(1)).gates?.results[0]?.found).toMatch(/^12, measured by bob at 2/);
});

test('the pusher of a version cannot approve it, and an approval can be withdrawn', async () => {
  const { registry, set } = await guarded(['approvedBy 2'], {});
  await registry.model('digits').version(1).approve({ actor: 'eve' });
  await registry.model('digits').version(1).approve({ actor: 'eve' });
  expect(await rejection(set(1))).toMatchObject({ results: [{ found: 'approved by eve' }] });
  await registry.model('digits').version(1).approve({ actor: 'bob' });
  await registry.model('digits').version(1).withdrawApproval({ actor: 'eve' });
  expect(await rejection(set(1))).toMatchObject({ results: [{ found: 'approved by bob' }] });
  await registry.model('digits').version(1).approve({ actor: 'eve' });
  expect((await set(1)).gates?.results[0]?.found).toBe('approved by bob, eve');
});

test('golden examples have to exist, and to have passed', async () => {
  const example = {
    inputs: [
      {
        name: 'pixels',
        datatype: 'FP32',
        shape: [1, 64],
        data: Array.from({ length: 64 }, () => 0),
      },
    ],
    outputs: [],
  } as const;
  const { registry, set } = await guarded(['goldenExamples 1'], {}, { goldenExamples: [example] });
  expect(await rejection(set(1))).toMatchObject({ results: [{ found: '0 golden examples' }] });
  expect(await rejection(set(2))).toMatchObject({
    results: [{ found: '1 golden example, not run' }],
  });
  await registry
    .model('digits')
    .version(2)
    .measure({ ...by, name: 'goldenExamples', value: 0 });
  expect(await rejection(set(2))).toMatchObject({ results: [{ passed: false }] });
  await registry
    .model('digits')
    .version(2)
    .measure({ ...by, name: 'goldenExamples', value: 1 });
  expect(await set(2)).toMatchObject({ version: 2 });
});

test('a version with an incompatible signature is rejected', async () => {
  const { set } = await guarded(
    ['signatureCompatible'],
    {},
    {
      signature: {
        inputs: [{ name: 'image', datatype: 'FP64', shape: [-1, 64] }],
        outputs: [],
      },
    },
  );
  await set(1);
  expect(await rejection(set(2))).toMatchObject({
    results: [
      {
        found:
          'not backward compatible with version 1: input "pixels" was removed; input "image" was added, ' +
          'which no client sends; output "label" was removed',
      },
    ],
  });
});

test('gates can only be skipped with a reason, which is recorded with the failed gates', async () => {
  const { registry, set } = await guarded(['accuracy >= 0.9'], accuracy(0.5), accuracy(0.95));
  const entry = await registry.setAlias('digits', 'champion', 1, {
    ...by,
    dangerouslySkipGates: 'nothing else runs',
  });
  expect(entry.gates).toMatchObject({ skipped: 'nothing else runs', results: [{ passed: false }] });
  await set(2);
  // Going back is always possible: it can only reach what the alias has meant before.
  expect(await registry.rollback('digits', 'champion', by)).toMatchObject({ version: 1 });
  expect(
    await rejection(
      registry.setAlias('digits', 'champion', 2, { ...by, dangerouslySkipGates: ' ' }),
    ),
  ).toMatchObject({ code: 'ERR_REGISTRY_INVALID_OPTION' });
  // Gates that are passed need no skipping, so none is recorded.
  const passed = await registry.setAlias('digits', 'champion', 2, {
    ...by,
    dangerouslySkipGates: 'in a hurry',
  });
  expect(passed.gates?.skipped).toBeUndefined();
});

test('new gates replace the earlier ones, and an empty list removes the guard', async () => {
  const { registry, set } = await guarded(['accuracy >= 0.9'], accuracy(0.5));
  expect(await rejection(set(1))).toBeInstanceOf(GatesFailedError);
  await registry.model('digits').setGates('champion', [], { ...by, reason: 'a trial' });
  expect((await set(1)).gates).toBeUndefined();
  expect(
    await rejection(registry.model('digits').setGates('champion', ['acuracy'], by).then()),
  ).toMatchObject({
    code: 'ERR_REGISTRY_INVALID_OPTION',
  });
});
