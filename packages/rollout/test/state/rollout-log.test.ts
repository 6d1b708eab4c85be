import {
  readPlan,
  RolloutLog,
  type RolloutError,
  type RolloutRecord,
  type RolloutState,
} from '@fairlead/rollout';
import { memoryObjects } from '@fairlead/test-support/memory-objects';
import { Random } from '@fairlead/test-support/random';
import { describe, expect, it } from 'vitest';

const plan = readPlan({ baseline: '3', candidate: '4' });
const audit = { actor: 'ada', reason: 'retrained' };

function open(objects = memoryObjects()) {
  let now = 1000;
  return {
    objects,
    log: () => new RolloutLog({ objects, model: 'churn', now: () => (now += 1) }),
  };
}

const types = (state: RolloutState | undefined): readonly string[] =>
  state?.entries.map(({ type }) => type) ?? [];

describe('RolloutLog', () => {
  it('stores each change as an entry that every process reads', async () => {
    const { log, objects } = open();
    const writer = log();
    let state = await writer.start(plan, audit);
    for (const change of [
      { type: 'step', step: 1 },
      { type: 'paused' },
      { type: 'resumed' },
      { type: 'verdict', decision: 'hold' },
      { type: 'ended', result: 'promoted' },
    ] as const) {
      state = await writer.append(state, { ...change, ...audit });
      expect(await log().latest()).toEqual(state);
    }
    expect(state).toMatchObject({
      ...{ model: 'churn', number: 1, status: 'ended', result: 'promoted', step: 1, plan },
      ...{ startedAt: 1001, stepStartedAt: 1002 },
    });
    expect(types(state)).toEqual(['started', 'step', 'paused', 'resumed', 'verdict', 'ended']);
    expect([...objects.bodies.keys()][5]).toBe('rollouts/churn/0001/00000006.json');
  });

  it('reads only what is new', async () => {
    const { log, objects } = open();
    const [writer, reader] = [log(), log()];
    const state = await writer.start(plan, audit);
    await reader.latest();
    await writer.append(state, { type: 'paused', ...audit });
    const read: string[] = [];
    const original = objects.read.bind(objects);
    objects.read = (key) => {
      read.push(key);
      return original(key);
    };
    expect((await reader.latest())?.status).toBe('paused');
    expect(read).toEqual([
      'rollouts/churn/0001/00000002.json',
      'rollouts/churn/0001/00000003.json',
    ]);
  });

  it('one rollout runs at a time, and numbers go on', async () => {
    const { log } = open();
    const first = await log().start(plan, audit);
    await expect(log().start(plan, audit)).rejects.toThrow(
      'Rollout churn-1 of version 4 is still active. Wait for its end, or abort it.',
    );
    await log().append(first, { type: 'ended', result: 'aborted', ...audit });
    expect((await log().start(plan, audit)).number).toBe(2);
    expect((await log().all()).map(({ number, status }) => [number, status])).toEqual([
      [1, 'ended'],
      [2, 'running'],
    ]);
  });

  it('a folder that a killed process left without an entry stops nothing', async () => {
    const { log, objects } = open();
    const list = objects.list.bind(objects);
    objects.list = async (folder) => [
      ...(await list(folder)),
      ...(folder === 'rollouts/churn' ? [{ name: '0009', kind: 'folder' } as const] : []),
    ];
    expect(await log().latest()).toBeUndefined();
    expect((await log().start(plan, audit)).number).toBe(1);
    expect((await log().latest())?.number).toBe(1);
  });

  it('of many processes that start a rollout at once, one does', async () => {
    const { log } = open();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => log().start(plan, audit)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const codes = results.flatMap((each) =>
      each.status === 'rejected' ? (each.reason as RolloutError).code : [],
    );
    expect(new Set(codes)).toEqual(new Set(['ERR_ROLLOUT_CONFLICT']));
  });

  it('processes that change a rollout at once agree on every entry, and it ends once', async () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { log } = open();
      const random = new Random(seed);
      await log().start(plan, audit);
      const changes: readonly RolloutRecord[] = [
        { type: 'step', step: 1, ...audit },
        { type: 'step', step: 2, ...audit },
        { type: 'paused', ...audit },
        { type: 'resumed', ...audit },
        { type: 'ended', result: 'rolled back', ...audit },
      ];
      const written: string[] = [];
      await Promise.all(
        Array.from({ length: 6 }, async (_, writer) => {
          const own = log();
          for (let i = 0; i < 12; i += 1) {
            const state = await own.latest();
            const change = changes[Math.floor(random.uniform() * changes.length)];
            if (state === undefined || change === undefined) continue;
            const reason = `${writer}.${i}`;
            await own.append(state, { ...change, reason }).then(
              () => written.push(reason),
              (error: unknown) => {
                expect((error as RolloutError).code).toBe('ERR_ROLLOUT_CONFLICT');
              },
            );
          }
        }),
      );
      const state = await log().latest();
      expect(
        state?.entries
          .slice(1)
          .map(({ reason }) => reason)
          .sort(),
      ).toEqual(written.sort());
      expect(types(state).filter((type) => type === 'ended').length).toBeLessThanOrEqual(1);
      expect(state?.step).toBe(types(state).filter((type) => type === 'step').length);
    }
  });

  it('a person changes it also while other processes do', async () => {
    const { log } = open();
    await log().start(plan, audit);
    const verdicts = Array.from({ length: 8 }, () =>
      log().change({ type: 'verdict', decision: 'hold', ...audit }),
    );
    await log().change({ type: 'paused', ...audit });
    await Promise.all(verdicts);
    expect(types(await log().latest()).toSorted()).toEqual([
      'paused',
      'started',
      ...Array.from({ length: 8 }, () => 'verdict'),
    ]);
    await expect(log().change({ type: 'paused', ...audit })).rejects.toThrow(
      'Rollout churn-1 is already paused.',
    );
    const none = new RolloutLog({ objects: memoryObjects(), model: 'iris' });
    await expect(none.change({ type: 'paused', ...audit })).rejects.toThrow(
      'The model "iris" has no rollout. Start one.',
    );
  });

  it.each<[string, RolloutRecord, readonly RolloutRecord[], string]>([
    [
      'a step that is not the next one',
      { type: 'step', step: 2, ...audit },
      [],
      "is in step 1 of 3, which step 3 can't follow.",
    ],
    [
      'a step after the last one',
      { type: 'step', step: 3, ...audit },
      [
        { type: 'step', step: 1, ...audit },
        { type: 'step', step: 2, ...audit },
      ],
      "is in step 3 of 3, which step 4 can't follow.",
    ],
    [
      'a step of a paused rollout',
      { type: 'step', step: 1, ...audit },
      [{ type: 'paused', ...audit }],
      'is paused; resume it first.',
    ],
    [
      'a second pause',
      { type: 'paused', ...audit },
      [{ type: 'paused', ...audit }],
      'is already paused.',
    ],
    ['resuming one that runs', { type: 'resumed', ...audit }, [], "isn't paused."],
    [
      'a change after the end',
      { type: 'paused', ...audit },
      [{ type: 'ended', result: 'aborted', ...audit }],
      'has ended (aborted); start another one.',
    ],
  ])('rejects %s', async (_, change, before, message) => {
    const log = open().log();
    let state = await log.start(plan, audit);
    for (const each of before) state = await log.append(state, each);
    await expect(log.append(state, change)).rejects.toThrow(`Rollout churn-1 ${message}`);
    expect(await log.latest()).toEqual(state);
  });

  it.each<[string, string]>([
    ['{', 'it is not JSON in UTF-8'],
    ['{"format":"fairlead-rollout-entry","formatVersion":2}', 'formatVersion is 2'],
    ['{"format":"other"}', 'format is "other"'],
    [
      '{"format":"fairlead-rollout-entry","formatVersion":1,"at":1,"actor":"a","reason":"r","type":"vote"}',
      'type is "vote"',
    ],
    [
      '{"format":"fairlead-rollout-entry","formatVersion":1,"at":1,"actor":"a","reason":"r","type":"ended","result":"won"}',
      'result is "won"',
    ],
    [
      '{"format":"fairlead-rollout-entry","formatVersion":1,"at":1,"actor":"a","reason":"r","type":"step","step":2}',
      "is in step 1 of 3, which step 3 can't follow",
    ],
    [
      '{"format":"fairlead-rollout-entry","formatVersion":1,"at":1,"actor":"a","reason":"r","type":"started","plan":{}}',
      'baseline must be a version',
    ],
  ])('reports the damaged entry %s with its key', async (text, problem) => {
    const { log, objects } = open();
    await log().start(plan, audit);
    const key = 'rollouts/churn/0001/00000002.json';
    objects.bodies.set(key, new TextEncoder().encode(text));
    await expect(log().latest()).rejects.toMatchObject({
      code: 'ERR_ROLLOUT_STATE_INVALID',
      message: expect.stringMatching(
        new RegExp(
          `^${key}: .*${problem.replace(/[()]/g, '\\$&')}.*\\. It was damaged, or a later release wrote it\\.$`,
          's',
        ),
      ) as string,
    });
  });

  it('rejects a model that would leave its folder', () => {
    const objects = memoryObjects();
    expect(() => new RolloutLog({ objects, model: '../x' })).toThrow(
      'RolloutLog: the model "../x" can\'t be part of a key; it may have letters, digits, ".", "_" and "-".',
    );
  });
});
