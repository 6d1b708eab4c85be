import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const packages = join(import.meta.dirname, '../../../packages');

it.each(['signature', 'monitoring', 'deploy-config', 'webhooks', 'jobs'])(
  'packages/%s/src/options-problem.ts is the same as in security',
  (name) => {
    const read = (folder: string) =>
      readFileSync(join(packages, folder, 'src/options-problem.ts'), 'utf8');
    expect(read(name)).toBe(read('security'));
  },
);
