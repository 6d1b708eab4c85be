import { onnxModel } from '@fairlead/test-support';
import { expect, test } from 'vitest';
import { run } from './support/fairlead.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const digits = '99999999999999999999';

test('a number that is too large is refused in the digits that were given', async () => {
  const env = { FAIRLEAD_REGISTRY: './registry', FAIRLEAD_PEPPER: 'p'.repeat(40) };
  const place = { folder: temporaryFolder(), env };
  expect((await run(place, 'registry', 'init')).exitCode).toBe(0);
  const model = onnxModel('affine');
  expect((await run(place, 'model', 'push', 'affine', model)).exitCode).toBe(0);
  const commands: readonly (readonly [line: string, problem: string])[] = [
    [`model show affine ${digits}`, `${digits} is not a version of "affine"`],
    [`model promote affine ${digits}`, `${digits} is not a version of "affine"`],
    [`model promote affine 1 --expect ${digits}`, digits],
    [`model history affine --limit ${digits}`, digits],
    ['model watch affine --for 30d', 'at most 24d'],
    ['registry forward http://127.0.0.1:9/ --cursor cursor.json --poll 30d', 'at most 24d'],
    [`model gc --grace ${digits}d`, digits],
    [
      'key create --client a --scope admin --keys-file k.json --expires 999999999d',
      'at most 36500d',
    ],
    [`serve --port ${digits}`, digits],
  ];
  for (const [line, problem] of commands) {
    const { exitCode, stderr } = await run(place, ...line.split(' '));
    expect([line, exitCode === 0, stderr]).toEqual([
      line,
      false,
      expect.stringContaining(problem) as unknown,
    ]);
    expect(stderr).not.toContain('100000000000000000000');
  }
});
