import { RolloutRunner, type RolloutState, type StepCountsDocument } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { failing, label, score, SimulatedFleet } from '../support/fleet.ts';

const audit = { actor: 'ada', reason: 'because' };
const changes = ({ entries }: RolloutState): readonly string[] =>
  entries
    .filter(({ type }) => type !== 'promoting')
    .map((entry) => (entry.type === 'ended' ? entry.result : entry.type));
const last = ({ entries }: RolloutState) => entries.at(-1);

/** Requests in all counts that were stored. */
function storedRequests({ objects }: SimulatedFleet): number {
  return [...objects.bodies]
    .filter(([key]) => key.includes('/counts/'))
    .map(([, bytes]) => JSON.parse(new TextDecoder().decode(bytes)) as StepCountsDocument)
    .flatMap(({ variants }) => Object.values(variants).map(({ requests }) => requests))
    .reduce((sum, requests) => sum + requests, 0);
}

describe('RolloutRunner', () => {
  it('moves a good candidate from step to step and promotes it once, in a fleet without a leader', async () => {
    const fleet = new SimulatedFleet(1);
    await fleet.start();
    await fleet.run(90);
    const state = await fleet.state();
    expect(changes(state).filter((change) => change !== 'verdict')).toEqual([
      'started',
      'step',
      'step',
      'promoted',
    ]);
    expect(fleet.promotions).toBe(1);
    expect(fleet.champion).toBe('4');
    expect(last(state)).toMatchObject({
      actor: 'gateway',
      reason: expect.stringMatching(
        /^failures: 0 of \d+ users, below the tolerated 0\.5 %$/,
      ) as string,
    });
    expect(fleet.errors).toEqual([]);
    for (const runner of fleet.runners) expect(runner.stateOf('churn')).toEqual(state);
  });

  it('a key gets the same variant on every process and after a restart, and a larger share moves new keys only', async () => {
    const fleet = new SimulatedFleet(2);
    const state = await fleet.start({ steps: [{ share: 0.1 }, { share: 0.2 }] });
    const versions = (runner: RolloutRunner | undefined) =>
      Array.from(
        { length: 2000 },
        (_, user) => runner?.route({ model: 'churn' }, `u${user}`)?.version,
      );
    const first = versions(fleet.runners[0]);
    expect(first.filter((version) => version === '4').length).toBeGreaterThan(150);
    fleet.runners.push(fleet.open());
    await fleet.poll();
    for (const runner of fleet.runners) expect(versions(runner)).toEqual(first);
    await fleet.log().append(state, { type: 'step', step: 1, ...audit });
    await fleet.poll();
    const second = versions(fleet.runners[3]);
    expect(second.filter((version) => version === '4').length).toBeGreaterThan(330);
    expect(first.every((version, user) => version === '3' || second[user] === '4')).toBe(true);
  });

  it('rolls back a candidate that fails more often, and says why', async () => {
    const fleet = new SimulatedFleet(3);
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(60, { answers: { '3': failing(0.01), '4': failing(0.06) } });
    const state = await fleet.state();
    expect(state.result).toBe('rolled back');
    expect(last(state)?.reason).toMatch(
      /^failures: (at least )?\d+\.\d\d times the rate of the baseline/,
    );
    expect(fleet.champion).toBe('3');
    expect(fleet.runners.map((runner) => runner.route({ model: 'churn' }, 'u'))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('takes out a candidate that fails hard at once, on this process, and in the fleet at the next poll', async () => {
    const fleet = new SimulatedFleet(4);
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(2);
    let failed = 0;
    const broken = () => {
      failed += 1;
      return { outcome: 'failure', reason: 'BACKEND', isFault: true, outputs: undefined } as const;
    };
    for (let user = 0; user < 300; user += 1) {
      fleet.now += 100;
      fleet.request(user, { '4': broken });
    }
    // At 10 requests a second for three processes, half of them to the candidate: five failures in a row, or most of ten seconds.
    expect(failed).toBeLessThan(60);
    await fleet.poll();
    const state = await fleet.state();
    expect(changes(state).filter((change) => change === 'rolled back')).toHaveLength(1);
    expect(last(state)?.reason).toMatch(
      /^(\d+ of \d+ requests of the candidate failed within 10 seconds|the last \d+ requests of the candidate failed) \(host-\d\)$/,
    );
    const before = failed;
    for (let user = 0; user < 300; user += 1) fleet.request(user, { '4': broken });
    expect(failed).toBe(before);
  });

  it('takes a candidate out at once that a check finds broken, also of a shadow, and not for a check that throws', async () => {
    for (const kind of ['canary', 'shadow'] as const) {
      const fleet = new SimulatedFleet(40);
      await fleet.start({ kind, steps: [{ share: 0.5 }] });
      await fleet.run(1);
      const [first] = fleet.runners;
      fleet.checkCandidate = () => {
        throw new Error('the queue is full');
      };
      await first?.check();
      expect((await fleet.state()).status).toBe('running');
      fleet.checkCandidate = (version) => `golden example 2 differs in version ${version}`;
      fleet.live.delete('4');
      await first?.check();
      expect((await fleet.state()).status).toBe('running');
      fleet.live.add('4');
      await first?.check();
      const state = await fleet.state();
      expect(state.result).toBe('rolled back');
      expect(last(state)?.reason).toBe('golden example 2 differs in version 4 (host-1)');
      expect(first?.candidateOf('churn')).toBeUndefined();
    }
  });

  it('a candidate that a process can not serve is taken out, and no other version', async () => {
    const fleet = new SimulatedFleet(41);
    await fleet.start();
    const [first] = fleet.runners;
    first?.takeOut('churn', '3', 'another version');
    first?.takeOut('digits', '4', 'another model');
    first?.takeOut('churn', '4', 'golden example 0');
    first?.takeOut('churn', '4', 'again');
    await fleet.close();
    const state = await fleet.state();
    expect(changes(state)).toEqual(['started', 'rolled back']);
    expect(last(state)?.reason).toBe('golden example 0 (host-1)');
  });

  it('does not blame the candidate for failures that the baseline has as well', async () => {
    const fleet = new SimulatedFleet(5);
    await fleet.start({ steps: [{ share: 0.5 }] });
    const broken = () =>
      ({ outcome: 'failure', reason: 'BACKEND', isFault: true, outputs: undefined }) as const;
    await fleet.run(3, { answers: { '3': broken, '4': broken } });
    expect((await fleet.state()).status).toBe('running');
  });

  it('requests beyond the limit of a client say nothing about a version', async () => {
    const fleet = new SimulatedFleet(39);
    await fleet.start({ steps: [{ share: 0.5, minRequests: 1_000_000 }] });
    const limited = {
      ...{ outcome: 'failure', reason: 'REJECTED', code: 'ERR_SERVING_CLIENT_LIMIT' },
      outputs: undefined,
    } as const;
    await fleet.run(5, { answers: { '4': (user) => (user % 3 === 0 ? limited : {}) } });
    expect((await fleet.state()).status).toBe('running');
  });

  it('inputs at which both versions fail end no rollout', async () => {
    const fleet = new SimulatedFleet(38);
    await fleet.start({ steps: [{ share: 0.5, minRequests: 1_000_000 }] });
    // Requests of one user in ten; the baseline has no fallback.
    const poison = {
      outcome: 'failure',
      reason: 'BACKEND',
      isFault: true,
      outputs: undefined,
    } as const;
    const answers = {
      '3': (user: number) => (user % 10 === 0 ? poison : {}),
      '4': (user: number) => (user % 10 === 0 ? { ...poison, fallbackFailed: true } : {}),
    };
    await fleet.run(10, { answers });
    expect((await fleet.state()).status).toBe('running');
    // Not even where they are all that comes for a while.
    const all = { '3': () => ({}), '4': () => ({ ...poison, fallbackFailed: true }) };
    for (let user = 0; user < 40; user += 1) fleet.request(user, all);
    await fleet.poll();
    expect((await fleet.state()).status).toBe('running');
  });

  it('one user whose requests fail does not end a rollout, and neither does an outage of all', async () => {
    const fleet = new SimulatedFleet(32, 1);
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(2);
    const failed = { outcome: 'failure', isFault: true, durationMs: 1 } as const;
    const [runner] = fleet.runners;
    const end = (key: string) => {
      const choice = runner?.route({ model: 'churn' }, key);
      if (choice?.variant !== 'candidate') return;
      runner?.finished({ ...failed, ...choice, choice, model: 'churn', key, role: 'answer' });
    };
    const users = Array.from({ length: 20 }, (_, user) => `u${user}`).filter(
      (key) => runner?.route({ model: 'churn' }, key)?.variant === 'candidate',
    );
    for (let i = 0; i < 50; i += 1) for (const key of users.slice(0, 2)) end(key);
    await fleet.poll();
    expect((await fleet.state()).status).toBe('running');
    // The baseline has not answered for a while.
    fleet.now += 600_000;
    for (let i = 0; i < 50; i += 1) end(`user-${i}`);
    await fleet.poll();
    expect((await fleet.state()).status).toBe('running');
  });

  it.each<[string, Record<string, unknown>]>([
    ['invalid requests', { outcome: 'failure', reason: 'OTHER', outputs: undefined }],
    [
      'clients that disconnect',
      { outcome: 'failure', reason: 'CANCELED', code: 'ERR_SERVING_CANCELED', outputs: undefined },
    ],
  ])(
    '%s are not failures of a version, unless the candidate has more of them',
    async (_, answer) => {
      const fleet = new SimulatedFleet(6);
      await fleet.start({ steps: [{ share: 0.5 }] });
      const both = (user: number) => (user % 3 === 0 ? answer : {});
      await fleet.run(5, { answers: { '3': both, '4': both } });
      expect((await fleet.state()).status).toBe('running');
      await fleet.run(5, { answers: { '4': both } });
      const state = await fleet.state();
      expect(state.result).toBe('rolled back');
      expect(last(state)?.reason).toMatch(/^(invalid|canceled) requests: /);
    },
  );

  it('deadlines that passed, slow requests and other labels are found by their guardrail', async () => {
    const late = {
      outcome: 'failure',
      reason: 'CANCELED',
      code: 'ERR_SERVING_DEADLINE_EXCEEDED',
      isFault: true,
      outputs: undefined,
    } as const;
    for (const [answer, reason] of [
      [late, /^the last 5 requests|^\d+ of \d+ requests/],
      [{ durationMs: 60 }, /^slow requests: /],
      [{ outputs: label('no') }, /^label "(yes|no)": /],
    ] as const) {
      const fleet = new SimulatedFleet(7);
      await fleet.start({
        steps: [{ share: 0.1 }],
        guardrails: { slow: { overMs: 50 }, labels: {} },
      });
      await fleet.run(20, { answers: { '4': () => answer } });
      const state = await fleet.state();
      expect(state.result).toBe('rolled back');
      expect(last(state)?.reason).toMatch(reason);
    }
  });

  it('a quiet night holds: no traffic is recorded as insufficient data, once', async () => {
    const fleet = new SimulatedFleet(8);
    await fleet.start();
    await fleet.run(12 * 60, { requests: 0 });
    const state = await fleet.state();
    expect(changes(state)).toEqual(['started', 'verdict']);
    expect(last(state)).toMatchObject({
      decision: 'insufficient data',
      reason: 'no request of the candidate in step 1; it needs 100',
    });
    await fleet.run(90);
    expect((await fleet.state()).result).toBe('promoted');
  });

  it('while the store is away for 30 minutes, everybody keeps the split, and no count is lost', async () => {
    const fleet = new SimulatedFleet(9);
    await fleet.start({ steps: [{ share: 0.5, minRequests: 20_000 }] });
    await fleet.run(5);
    const { ...present } = fleet.objects;
    const away = () => Promise.reject(new Error('503 Slow Down'));
    Object.assign(fleet.objects, { create: away, read: away, list: away });
    const routes = () =>
      Array.from(
        { length: 200 },
        (_, user) => fleet.runners[0]?.route({ model: 'churn' }, `u${user}`)?.version,
      );
    const before = routes();
    await fleet.run(30);
    expect(routes()).toEqual(before);
    expect(fleet.errors.length).toBeGreaterThan(30);
    Object.assign(fleet.objects, present);
    await fleet.run(1);
    await fleet.run(1, { requests: 0 });
    expect(storedRequests(fleet)).toBe(36 * 600);
  });

  it('counts that were stored although the answer was lost count once', async () => {
    const fleet = new SimulatedFleet(31);
    await fleet.start({ steps: [{ share: 0.5, minRequests: 20_000 }] });
    const create = fleet.objects.create.bind(fleet.objects);
    let lost = 0;
    fleet.objects.create = async (key, body) => {
      const created = await create(key, body);
      if (!key.includes('/counts/') || fleet.random.uniform() < 0.5) return created;
      lost += 1;
      throw new Error('timeout');
    };
    await fleet.run(20);
    fleet.objects.create = create;
    await fleet.run(2, { requests: 0 });
    expect(lost).toBeGreaterThan(10);
    expect(storedRequests(fleet)).toBe(20 * 600);
  });

  it('processes that are killed at any moment tear nothing: the rollout goes on, and nothing is promoted twice', async () => {
    for (let seed = 10; seed < 20; seed += 1) {
      const fleet = new SimulatedFleet(seed);
      await fleet.start({
        steps: [
          { share: 0.1, minMinutes: 5 },
          { share: 0.5, minMinutes: 5 },
        ],
      });
      let kills = 0;
      for (let minute = 0; minute < 60; minute += 1) {
        // A process that is killed does nothing more, and another one begins without its memory.
        const victim = Math.floor(fleet.random.uniform() * fleet.runners.length);
        const running = fleet.run(1);
        if (fleet.random.uniform() < 0.3) {
          kills += 1;
          fleet.runners[victim] = fleet.open();
        }
        await running;
      }
      expect(kills).toBeGreaterThan(5);
      const state = await fleet.state();
      expect(changes(state).filter((change) => change !== 'verdict')).toEqual([
        'started',
        'step',
        'promoted',
      ]);
      expect(fleet.promotions).toBe(1);
    }
  });

  it('nothing else ends a rollout that is being promoted, and another process completes it', async () => {
    const fleet = new SimulatedFleet(34);
    const state = await fleet.start({ steps: [{ share: 0.5 }] });
    // As by a process that is killed right after.
    await fleet.log().append(state, { type: 'promoting', ...audit });
    await expect(
      fleet.log().change({ type: 'ended', result: 'aborted', ...audit }),
    ).rejects.toThrow('Rollout churn-1 is being promoted; try again in a minute.');
    await fleet.run(30);
    expect((await fleet.state()).result).toBe('promoted');
    expect(fleet.promotions).toBe(1);
  });

  it('a promotion after an abort does not happen', async () => {
    const fleet = new SimulatedFleet(35);
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(5);
    const create = fleet.objects.create.bind(fleet.objects);
    fleet.objects.create = async (key, body) => {
      // A person ends it at the moment in which a process has decided to promote.
      if (new TextDecoder().decode(body).includes('"type":"promoting"')) {
        fleet.objects.create = create;
        await fleet.log().change({ type: 'ended', result: 'aborted', ...audit });
      }
      return create(key, body);
    };
    await fleet.run(30);
    expect((await fleet.state()).result).toBe('aborted');
    expect(fleet.promotions).toBe(0);
    expect(fleet.champion).toBe('3');
  });

  it('a rollback after a promotion is not undone by the split of the rollout', async () => {
    const fleet = new SimulatedFleet(36, 1);
    const state = await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.log().append(state, { type: 'ended', result: 'promoted', ...audit });
    await fleet.poll();
    fleet.current = '4';
    expect(fleet.runners[0]?.route({ model: 'churn' }, 'u1')).toBeUndefined();
    fleet.current = '3';
    expect(fleet.runners[0]?.route({ model: 'churn' }, 'u1')).toBeUndefined();
    expect(fleet.runners[0]?.candidateOf('churn')).toBeUndefined();
    // Neither by a process that starts then.
    const later = fleet.open();
    await later.poll();
    expect(later.route({ model: 'churn' }, 'u1')).toBeUndefined();
  });

  it('a damaged object is reported once, and stops nothing but itself', async () => {
    const fleet = new SimulatedFleet(37, 1);
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(2);
    const [key] = [...fleet.objects.bodies.keys()].filter((each) => each.includes('/counts/'));
    fleet.objects.bodies.set(key?.replace('host-1', 'other') ?? '', new TextEncoder().encode('{'));
    const foreign = { rollout: 'other-1', step: 0, variants: {} };
    fleet.objects.bodies.set(
      key?.replace('host-1', 'foreign') ?? '',
      new TextEncoder().encode(JSON.stringify(foreign)),
    );
    await fleet.run(40);
    expect(fleet.errors).toHaveLength(2);
    expect((await fleet.state()).result).toBe('promoted');
    fleet.errors.length = 0;
    fleet.objects.bodies.set('rollouts/churn/0002/00000001.json', new TextEncoder().encode('{'));
    for (let poll = 0; poll < 5; poll += 1) await fleet.poll();
    expect(fleet.errors).toHaveLength(1);
  });

  it('a process that was killed between the promotion and its record leaves that to the next one', async () => {
    const fleet = new SimulatedFleet(20);
    await fleet.start();
    fleet.champion = '4';
    await fleet.run(1);
    expect(last(await fleet.state())).toMatchObject({
      result: 'promoted',
      reason: 'the alias points to version 4',
    });
    expect(fleet.promotions).toBe(0);
  });

  it('a promotion that another process records has the reason of the one that intended it', async () => {
    const fleet = new SimulatedFleet(45);
    const state = await fleet.start({ steps: [{ share: 0.5 }] });
    const reason = 'failures: 0 of 1400 users';
    await fleet.log().append(state, { type: 'promoting', actor: 'gateway', reason });
    fleet.champion = '4';
    await fleet.run(1);
    expect(last(await fleet.state())).toMatchObject({ result: 'promoted', reason });
    expect(fleet.promotions).toBe(0);
  });

  it('an alias that was moved otherwise ends the rollout', async () => {
    const fleet = new SimulatedFleet(21);
    await fleet.start();
    fleet.champion = '7';
    await fleet.run(1);
    expect(last(await fleet.state())).toMatchObject({
      result: 'aborted',
      reason: 'the alias points to version 7, not to the baseline or the candidate',
    });
  });

  it('holds where the gates reject the promotion, says why, and tries again', async () => {
    const fleet = new SimulatedFleet(22);
    await fleet.start({ steps: [{ share: 0.5 }] });
    fleet.onPromote = () => {
      throw new Error('gate "accuracy" failed');
    };
    await fleet.run(30);
    const held = await fleet.state();
    expect(held.status).toBe('running');
    expect(last(held)).toMatchObject({
      decision: 'hold',
      reason: 'the promotion was rejected: gate "accuracy" failed',
    });
    fleet.onPromote = () => undefined;
    // Once an hour, as each attempt is recorded.
    const attempts = () =>
      fleet.state().then(({ entries }) => entries.filter(({ type }) => type === 'promoting'));
    expect(await attempts()).toHaveLength(1);
    await fleet.run(61, { requests: 60 });
    expect((await fleet.state()).result).toBe('promoted');
  });

  it('compares the distribution of a numeric output by intervals', async () => {
    for (const [shift, result] of [
      [0, undefined],
      [0.15, 'rolled back'],
      [NaN, 'rolled back'],
    ] as const) {
      const fleet = new SimulatedFleet(44);
      const edges = [0.25, 0.5, 0.75];
      await fleet.start({
        steps: [{ share: 0.5, minRequests: 1_000_000 }],
        guardrails: { labels: { edges, margin: 0.2 } },
      });
      const outputs = (by: number) => ({ outputs: score(fleet.random.uniform() + by) });
      await fleet.run(20, { answers: { '3': () => outputs(0), '4': () => outputs(shift) } });
      const state = await fleet.state();
      expect(state.result).toBe(result);
      if (result === undefined) continue;
      expect(last(state)?.reason).toMatch(
        shift === 0.15
          ? /^scores (below 0\.25|from 0\.75): \d\.\d\d times the rate of the baseline/
          : /^outputs that are no number: at least \d/,
      );
    }
  });

  it('answers of a cache are not compared: a candidate with an empty one is not slower', async () => {
    for (const [share, result] of [
      [0.1, undefined],
      [0.4, 'rolled back'],
    ] as const) {
      const fleet = new SimulatedFleet(42);
      await fleet.start({
        steps: [{ share: 0.5, minRequests: 1_000_000 }],
        guardrails: { slow: { overMs: 50, tolerated: 0 } },
      });
      const slow = (of: number) => (fleet.random.uniform() < of ? { durationMs: 60 } : {});
      const cached = { durationMs: 1, isCached: true };
      await fleet.run(12, {
        answers: {
          '3': () => (fleet.random.uniform() < 0.8 ? cached : slow(0.1)),
          '4': () => slow(share),
        },
      });
      const state = await fleet.state();
      expect(state.result).toBe(result);
      if (result !== undefined) expect(last(state)?.reason).toMatch(/^slow requests: /);
    }
  });

  it('a pause counts neither for the time of a step nor for the longest time', async () => {
    const fleet = new SimulatedFleet(43);
    const steps = [{ share: 0.5, minMinutes: 10 }, { share: 0.9 }];
    await fleet.start({ steps, maxHours: 1 });
    await fleet.run(5);
    await fleet.log().change({ type: 'paused', ...audit });
    for (let minute = 0; minute < 180; minute += 30) {
      fleet.now += 30 * 60_000;
      await fleet.run(1);
    }
    expect((await fleet.state()).status).toBe('paused');
    await fleet.log().change({ type: 'resumed', ...audit });
    await fleet.run(4);
    expect((await fleet.state()).step).toBe(0);
    await fleet.run(3);
    expect((await fleet.state()).step).toBe(1);
    // The longest time counts from the begin, without the pause.
    fleet.now += 54 * 60_000;
    await fleet.run(2, { requests: 0 });
    expect(last(await fleet.state())?.reason).toBe('undecided after 1 hour');
  });

  it('a paused rollout keeps its share, and is still rolled back', async () => {
    const fleet = new SimulatedFleet(23);
    const state = await fleet.start({ steps: [{ share: 0.5, minMinutes: 1 }, { share: 0.9 }] });
    await fleet.log().append(state, { type: 'paused', ...audit });
    await fleet.run(20);
    expect(await fleet.state()).toMatchObject({ status: 'paused', step: 0 });
    expect(fleet.runners[0]?.route({ model: 'churn' }, 'u1')).toBeDefined();
    await fleet.run(30, { answers: { '4': failing(0.2) } });
    expect((await fleet.state()).result).toBe('rolled back');
  });

  it('after a promotion the split stays until the alias of the process has followed', async () => {
    const fleet = new SimulatedFleet(24);
    const state = await fleet.start({ steps: [{ share: 0.5 }] });
    const routes = () =>
      Array.from(
        { length: 50 },
        (_, user) => fleet.runners[0]?.route({ model: 'churn' }, `u${user}`)?.version,
      );
    const before = routes();
    await fleet.log().append(state, { type: 'ended', result: 'promoted', ...audit });
    await fleet.poll();
    expect(routes()).toEqual(before);
    expect(fleet.runners[0]?.candidateOf('churn')).toBe('4');
    fleet.current = '4';
    expect(new Set(routes())).toEqual(new Set([undefined]));
    expect(fleet.runners[0]?.candidateOf('churn')).toBeUndefined();
  });

  it('leaves a rollout of another alias to the processes that follow it', async () => {
    const fleet = new SimulatedFleet(33);
    await fleet.start({ alias: 'staging', steps: [{ share: 0.5 }] });
    fleet.champion = '7';
    await fleet.run(2);
    expect(await fleet.state()).toMatchObject({ status: 'running', entries: { length: 1 } });
    expect(fleet.runners[0]?.route({ model: 'churn' }, 'u1')).toBeUndefined();
  });

  it('routes nothing to a candidate that is not loaded, and counts nothing then', async () => {
    const fleet = new SimulatedFleet(25);
    fleet.live.delete('4');
    await fleet.start({ steps: [{ share: 0.5 }] });
    await fleet.run(2);
    expect([...fleet.objects.bodies.keys()].filter((key) => key.includes('/counts/'))).toEqual([]);
    expect(fleet.runners[0]?.candidateOf('churn')).toBe('4');
  });

  it('a candidate that is loaded for copies only gets those of a shadow, and no request of a canary', async () => {
    for (const [kind, routed] of [
      ['shadow', { version: '3', shadow: '4' }],
      ['canary', undefined],
    ] as const) {
      const fleet = new SimulatedFleet(42);
      fleet.live.delete('4');
      fleet.copying.add('4');
      await fleet.start({ kind, steps: [{ share: 0.9999 }] });
      const [first] = fleet.runners;
      const choice = first?.route({ model: 'churn' }, 'u1');
      if (routed === undefined) expect(choice).toBeUndefined();
      else expect(choice).toMatchObject(routed);
      const checked: string[] = [];
      fleet.checkCandidate = (version) => void checked.push(version);
      await first?.check();
      expect(checked).toEqual(kind === 'shadow' ? ['4'] : []);
    }
  });

  it('a shadow answers copies, is compared with what clients got, and changes nothing for them', async () => {
    const plan = {
      kind: 'shadow',
      steps: [{ share: 0.5 }],
      guardrails: { changedLabels: { max: 0.05 } },
    } as const;
    const same = new SimulatedFleet(26);
    await same.start(plan);
    await same.run(30);
    expect(await same.state()).toMatchObject({ result: 'passed' });
    expect(same.champion).toBe('3');
    const other = new SimulatedFleet(27);
    await other.start(plan);
    await other.run(10, {
      answers: { '4': (user) => ({ outputs: label(user % 5 === 0 ? 'no' : 'yes') }) },
    });
    expect(last(await other.state())).toMatchObject({
      result: 'rolled back',
      reason: expect.stringMatching(
        /^changed labels: \d+ of \d+ users; the limit is 5 %$/,
      ) as string,
    });
    const failed = new SimulatedFleet(28);
    await failed.start(plan);
    await failed.run(10, { answers: { '4': failing(0.1) } });
    expect(last(await failed.state())).toMatchObject({
      result: 'rolled back',
      reason: expect.stringMatching(/^failures: /) as string,
    });
  });

  it('reports each change once per process', async () => {
    const fleet = new SimulatedFleet(29, 2);
    const state = await fleet.start();
    await fleet.log().append(state, { type: 'ended', result: 'aborted', ...audit });
    await fleet.poll();
    await fleet.poll();
    expect(fleet.events.every(({ own }) => !own)).toBe(true);
    expect(fleet.events.map(({ change, result, reason }) => [change, result, reason])).toEqual([
      ['started', undefined, 'retrained'],
      ['started', undefined, 'retrained'],
      ['ended', 'aborted', 'because'],
      ['ended', 'aborted', 'because'],
    ]);
  });

  it('runs by its timers', async () => {
    const fleet = new SimulatedFleet(30, 0);
    const state = await fleet.start({ steps: [{ share: 0.5 }] });
    const options = {
      ...{ objects: fleet.objects, writer: 'a', actor: 'gateway', models: () => ['churn'] },
      ...{ isLive: () => true, currentOf: () => '3', promote: () => Promise.resolve() },
      championOf: () => Promise.resolve('7'),
      ...{ pollIntervalMs: 5, flushIntervalMs: 5, judgeIntervalMs: 5 },
    };
    const runner = new RolloutRunner(options);
    runner.start();
    await expect.poll(() => runner.stateOf('churn')?.result).toBe('aborted');
    await runner.close();
    expect((await fleet.state()).number).toBe(state.number);
  });

  it.each([
    [
      { writer: 'a/b' },
      'RolloutRunner: writer must have up to 64 letters, digits and "-", got "a/b".',
    ],
    [
      { pollIntervalMs: 0 },
      'RolloutRunner: pollIntervalMs must be an integer from 1 to 86400000, got 0.',
    ],
    [{ pollMs: 5 }, 'RolloutRunner: unknown option "pollMs".'],
  ])('rejects the options %j', (change, message) => {
    const options = {
      ...{ objects: new SimulatedFleet(1).objects, writer: 'a', actor: 'b', models: () => [] },
      ...{ isLive: () => true, currentOf: () => '3', promote: () => Promise.resolve() },
      championOf: () => Promise.resolve('3'),
    };
    expect(() => new RolloutRunner({ ...options, ...change })).toThrow(message);
  });
});
