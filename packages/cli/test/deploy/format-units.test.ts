import { expect, test } from 'vitest';
import { formatUnits } from '../../src/hosts/format-units.ts';

const format = (units: Readonly<Record<string, string>>) =>
  formatUnits({ paint: (style, text) => `${style}: ${text}` }, units);

const running = { 'fairlead-gateway.socket': 'active', 'fairlead-gateway.service': 'active' };
const timer = { 'fairlead-backup.timer': 'active' };

test.each([
  ['that are active', running, 'good: 2 active'],
  [
    'of which one waits for its timer',
    { ...running, ...timer, 'fairlead-backup.service': 'inactive' },
    'good: 3 active',
  ],
  [
    'of which one was started by its timer, and runs',
    { ...running, ...timer, 'fairlead-backup.service': 'activating' },
    'good: 3 active',
  ],
  [
    'of which the last run of one failed',
    { ...running, ...timer, 'fairlead-backup.service': 'failed' },
    'bad: fairlead-backup.service failed',
  ],
  [
    'of which one stopped, and has no timer',
    { ...running, 'fairlead-gateway.service': 'inactive' },
    'bad: fairlead-gateway.service inactive',
  ],
  [
    'whose timer stopped',
    { ...running, 'fairlead-backup.timer': 'inactive', 'fairlead-backup.service': 'inactive' },
    'bad: fairlead-backup.timer inactive',
  ],
  ['of a host without a release', {}, '–'],
])('units %s', (_name, units, expected) => {
  expect(format(units)).toBe(expected);
});
