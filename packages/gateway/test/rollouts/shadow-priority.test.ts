import { lowestThreads, showsPriorities, until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';
import { onnxVersion } from '../support/sample-registry.ts';
import { by, startFleet, startLoad } from './start-fleet.ts';

const shadow = { kind: 'shadow', unit: 'request', steps: [{ share: 1, minMinutes: 60 }] } as const;
const canary = { steps: [{ share: 0.5, minMinutes: 60 }] } as const;

/** Starts a gateway of two versions of the same model, and reads from its log and its metrics what it does with version 2. */
async function start(file: 'affine' | 'slow') {
  const version = onnxVersion('affine', file);
  const started = await startFleet({ baseline: version, candidate: version });
  const [gateway] = started.fleet;
  /** Loads and unloads of version 2, in order. */
  const changes = () =>
    (gateway?.logs ?? [])
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      .filter((line) => line.version === 2 && /^(?:swapped|unloaded)$/.test(String(line.msg)))
      .map(({ msg, isBackground }) => (isBackground === true ? `${String(msg)} copying` : msg));
  const copies = async (): Promise<number> => {
    const { body = '' } = (await gateway?.call('/metrics')) ?? {};
    const line = /^nv_inference_request_success\{model="affine",version="2"\} (\d+)$/m;
    return Number(line.exec(body)?.[1] ?? 0);
  };
  const load = startLoad(started.fleet, 40, () => ({
    inputs:
      file === 'affine'
        ? [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }]
        : [{ name: 'times', datatype: 'INT64', shape: [1], data: [10] }],
  }));
  const ofCandidate = () => load.responses.filter(({ version: each }) => each === '2');
  const finish = async () => {
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.responses.filter(({ status }) => status !== 200)).toEqual([]);
    expect(load.responses.filter(({ fallback }) => fallback !== undefined)).toEqual([]);
    // No rollout has chosen it before it was there to answer.
    expect(gateway?.logs.filter((line) => line.includes('route-failed'))).toEqual([]);
  };
  return { ...started, changes, copies, ofCandidate, finish };
}

describe('the candidate of a shadow', () => {
  test('is loaded once more for a canary that follows at once, before it answers a client, and no request fails', async () => {
    const { log, begin, changes, copies, ofCandidate, finish } = await start('affine');
    await begin(shadow);
    await until(async () => (await copies()) > 5);
    expect(changes()).toEqual(['swapped copying']);
    expect(ofCandidate()).toEqual([]);
    await log.change({ type: 'ended', result: 'aborted', ...by, reason: 'enough seen' });
    await begin(canary);
    await until(() => ofCandidate().length > 0);
    expect(changes().filter((each) => each === 'swapped')).toHaveLength(1);
    await until(() => ofCandidate().length > 20);
    await finish();
  });

  test('is loaded once more when the alias is pointed to it while it computes copies', async () => {
    const { registry, begin, ended, changes, copies, ofCandidate, finish } = await start('affine');
    await begin(shadow);
    await until(async () => (await copies()) > 5);
    await registry.setAlias('affine', 'champion', 2, by);
    await until(() => ofCandidate().length > 0);
    expect(changes()).toContain('swapped');
    await ended();
    await until(() => changes().includes('unloaded'));
    const before = ofCandidate().length;
    await until(() => ofCandidate().length > before + 10);
    await finish();
  });
});

describe.skipIf(!showsPriorities)('threads of the lowest priority', () => {
  test('compute the copies of a shadow, and no request of a client', async () => {
    const before = lowestThreads();
    const { log, begin, copies, ofCandidate, finish } = await start('slow');
    const added = () => lowestThreads().filter((thread) => !before.includes(thread));
    await begin(shadow);
    await until(async () => (await copies()) > 5);
    expect(added()).toHaveLength(1);
    await log.change({ type: 'ended', result: 'aborted', ...by, reason: 'enough seen' });
    await begin(canary);
    await until(() => ofCandidate().length > 0);
    await until(() => added().length === 0);
    const answered = ofCandidate().length;
    await until(() => ofCandidate().length > answered + 10);
    expect(added()).toEqual([]);
    await finish();
  });
});
