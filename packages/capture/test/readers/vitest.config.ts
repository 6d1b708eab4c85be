import { defineConfig } from 'vitest/config';

const conditions = ['@fairlead/source'];

/** The tests that need DuckDB and PyArrow, which are too large to be a part of the set-up. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/readers/**/*.readers.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    execArgv: ['--conditions=@fairlead/source'],
  },
});
