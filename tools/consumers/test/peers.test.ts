import { createRequire } from 'node:module';
import { join } from 'node:path';

import { describe, expect, inject, it } from 'vitest';

import { findInWorkspace } from '../src/package-store.ts';

// A version such as `1.5.6-r.1`: no range but `*` accepts it together with the following ones, because npm takes it for one before 1.5.6.

describe.each(inject('packages').map((packed) => [packed.manifest.name, packed] as const))(
  'the peers of %s',
  (_name, { manifest, folder }) => {
    it('are not limited to a range without the versions that they have', () => {
      const read = createRequire(import.meta.url);
      for (const [name, range] of Object.entries(manifest.peerDependencies ?? {})) {
        const path = join(findInWorkspace(name, folder), 'package.json');
        const { version } = read(path) as { version: string };
        if (version.includes('-')) expect(`${name} ${range}`).toBe(`${name} *`);
      }
    });
  },
);
