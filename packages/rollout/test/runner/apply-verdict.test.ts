import { readPlan, type RolloutState } from '@fairlead/rollout';
import { describe, expect, it } from 'vitest';
import { entryFor, entryForAlias } from '../../src/runner/apply-verdict.ts';

const plan = readPlan({ baseline: '1', candidate: '2' });
const times = { startedAt: 0, stepStartedAt: 0 };
const by = { actor: 'gateway', at: 0 };
const state: RolloutState = {
  ...{ model: 'churn', number: 1, status: 'running', step: 0, promoting: false },
  ...{ plan, entries: [], ...times },
};
const promoting: RolloutState = {
  ...state,
  promoting: true,
  entries: [{ type: 'promoting', ...by, reason: 'conversion: +3 %' }],
};

describe('a rollout that another process promotes', () => {
  it.each(['hold', 'insufficient data'] as const)(
    'gets no entry for "%s", which would end its intent and its reason',
    (decision) => {
      const verdict = { decision, reason: 'other counts' };
      expect(entryFor(state, verdict, 'gateway')).toMatchObject({ type: 'verdict', decision });
      expect(entryFor(promoting, verdict, 'gateway')).toBeUndefined();
    },
  );

  it('is ended with the reason of the promotion', () => {
    expect(entryForAlias(promoting, '2', 'other')).toEqual({
      ...{ type: 'ended', result: 'promoted', actor: 'other', reason: 'conversion: +3 %' },
    });
    expect(entryForAlias(state, '2', 'other')?.reason).toBe('the alias points to version 2');
  });
});
