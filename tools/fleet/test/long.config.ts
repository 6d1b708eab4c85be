import { fileURLToPath } from 'node:url';

import { defineConfig, mergeConfig } from 'vitest/config';

// eslint-disable-next-line @nx/enforce-module-boundaries -- the configuration of all projects, which belongs to none
import shared from '../../../vitest.config.ts';

/** `npm run fleet`: the tests of this package, and the long tests on hosts (`*.fleet.ts`) of all packages. */
export default mergeConfig(
  shared,
  defineConfig({
    test: {
      root: fileURLToPath(new URL('../../..', import.meta.url)),
      include: ['tools/fleet/test/*.test.ts', '{packages,tools}/*/test/**/*.fleet.ts'],
      globalSetup: 'tools/fleet/test/support/require-machine.ts',
      fileParallelism: false,
      testTimeout: 900_000,
      hookTimeout: 900_000,
    },
  }),
);
