import { defineConfig } from 'vitest/config';

// Resolve workspace packages to their sources, so tests never need a build.
const conditions = ['@fairlead/source'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    reporters: ['default', ['json', { outputFile: 'reports/tests.json' }]],
    coverage: { provider: 'v8', include: ['src/**'] },
  },
});
