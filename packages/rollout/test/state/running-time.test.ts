import { readPlan, runningTime, type RolloutEntry, type RolloutState } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';

const audit = { actor: 'ada', reason: 'weekend' };
const plan = readPlan({ baseline: '3', candidate: '4' });
const at = (type: 'paused' | 'resumed', time: number): RolloutEntry => ({
  type,
  at: time,
  ...audit,
});
const stateOf = (...changes: readonly RolloutEntry[]): RolloutState => ({
  ...{ model: 'churn', number: 4, plan, step: 0, promoting: false },
  ...{ startedAt: 100, stepStartedAt: 100 },
  status: changes.at(-1)?.type === 'ended' ? 'ended' : 'running',
  entries: [{ type: 'started', plan, at: 100, ...audit }, ...changes],
});
const ended = { type: 'ended', result: 'aborted', at: 900, ...audit } as const;

describe('runningTime', () => {
  it.each([
    ['without a pause', stateOf(), 100, 600, 500],
    ['of a clock that is behind', stateOf(), 100, 50, 0],
    ['with a pause', stateOf(at('paused', 200), at('resumed', 350)), 100, 600, 350],
    ['in a pause', stateOf(at('paused', 200)), 100, 600, 100],
    ['with two', stateOf(at('paused', 200), at('resumed', 250), at('paused', 500)), 100, 600, 350],
    ['since a moment in a pause', stateOf(at('paused', 200), at('resumed', 350)), 300, 600, 250],
    ['since a moment after it', stateOf(at('paused', 200), at('resumed', 350)), 400, 600, 200],
    ['until its end', stateOf(at('paused', 200), at('resumed', 350), ended), 100, 5000, 650],
    ['until its end in a pause', stateOf(at('paused', 200), ended), 100, 5000, 100],
  ])('is that of a rollout %s', (_, state, since, now, expected) => {
    expect(runningTime(state, since, now)).toBe(expected);
  });
});
