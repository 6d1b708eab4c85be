import { createRequire } from 'node:module';
import { join } from 'node:path';

import { expect, inject, it } from 'vitest';

import { findInWorkspace } from '../src/package-store.ts';

const read = createRequire(import.meta.url);

// A version such as `1.5.6-r.1`: no range but `*` accepts it together with the following ones, because npm takes it for one before 1.5.6.
it('peers whose versions have a suffix are accepted in each version', () => {
  const suffixed = inject('packages').flatMap(({ manifest, folder }) =>
    Object.entries(manifest.peerDependencies ?? {}).filter(([name]) => {
      const path = join(findInWorkspace(name, folder), 'package.json');
      return (read(path) as { version: string }).version.includes('-');
    }),
  );
  expect(suffixed).toEqual([['@duckdb/node-api', '*']]);
});
