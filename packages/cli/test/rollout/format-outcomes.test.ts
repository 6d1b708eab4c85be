import { expect, it } from 'vitest';
import { formatProgress } from '../../src/rollout/format-outcomes.ts';

it.each([
  [0.014, '1 minute'],
  [0.5, '30 minutes'],
  [1, '1 hour'],
  [5.99, '6 hours'],
  [49, '2 days'],
])('the time until the users of an A/B test have come: %d hours are %s', (hoursLeft, time) => {
  expect(formatProgress({ users: 400, planned: 600, every: 1, hoursLeft }, false)).toBe(
    `400 of 600 planned; the others in about ${time} at this traffic`,
  );
});
