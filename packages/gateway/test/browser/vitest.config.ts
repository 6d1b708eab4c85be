import { defineConfig } from 'vitest/config';

const conditions = ['@fairlead/source'];

/** The tests that need Chromium, which is too large to be a part of the set-up. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/browser/**/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    execArgv: ['--conditions=@fairlead/source'],
  },
});
