import { defineConfig, mergeConfig } from 'vitest/config';

// eslint-disable-next-line @nx/enforce-module-boundaries -- the configuration of all projects, which belongs to none
import shared from '../../../vitest.config.ts';

export default mergeConfig(
  shared,
  defineConfig({
    test: {
      testTimeout: 600_000,
      hookTimeout: 600_000,
      globalSetup: '../../tools/fleet/test/support/prepare-image.ts',
    },
  }),
);
