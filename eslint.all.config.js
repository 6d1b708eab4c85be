import { defineConfig } from 'eslint/config';

import base from './eslint.config.js';

/** The same rules, for a run on the whole workspace: all files are one program, which loads the types that projects share once. */
export default defineConfig(base, {
  files: ['**/*.{ts,mjs}'],
  languageOptions: {
    parserOptions: { projectService: false, project: ['./tsconfig.all.json'] },
  },
});
