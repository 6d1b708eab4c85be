import { defineConfig } from 'vitest/config';
import base from '../../../../vitest.config.ts';

/** The tests that need Chromium, which is too large to be a part of the set-up. */
export default defineConfig({
  ...base,
  test: { ...base.test, include: ['test/browser/**/*.browser.ts'], reporters: ['default'] },
});
