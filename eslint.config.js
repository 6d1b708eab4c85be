import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The architecture; `extra` tags may be imported by every project. */
const moduleBoundaries = (extra) => [
  'error',
  {
    // Tests import their own package by its name, as its users do.
    allowCircularSelfDependency: true,
    depConstraints: Object.entries({
      ground: ['ground'],
      library: ['ground'],
      standalone: [],
      tool: ['tool', 'library', 'ground'],
      app: ['tool', 'library', 'ground'],
      'test-support': [],
    }).map(([sourceTag, tags]) => ({
      sourceTag,
      onlyDependOnLibsWithTags: [...tags, ...extra],
    })),
  },
];

export default defineConfig(
  globalIgnores([
    '**/reports',
    '.venv',
    // Rendered files, compared byte for byte.
    '**/test/golden',
    '.fairlead',
    '**/dist',
    '**/coverage',
    '**/node_modules',
    '.nx',
    'docs/api',
  ]),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', '*.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    plugins: { '@nx': nx },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Removing a property by destructuring needs a name for it.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      '@nx/enforce-module-boundaries': moduleBoundaries([]),
    },
  },
  {
    files: ['**/test/**'],
    rules: { '@nx/enforce-module-boundaries': moduleBoundaries(['test-support']) },
  },
  {
    files: ['**/*.{ts,mjs}'],
    ignores: ['**/test/**'],
    rules: { 'max-lines-per-function': ['error', { max: 100 }] },
  },
  // The plugins of this file have no types.
  { files: ['*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
