import eslint from '@eslint/js';
import nx from '@nx/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  globalIgnores([
    '**/reports',
    '.venv',
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
      '@nx/enforce-module-boundaries': [
        'error',
        {
          // Tests import their own package by its name, as its users do.
          allowCircularSelfDependency: true,
          depConstraints: [
            { sourceTag: 'ground', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'library', onlyDependOnLibsWithTags: ['ground'] },
            { sourceTag: 'standalone', onlyDependOnLibsWithTags: [] },
            { sourceTag: 'tool', onlyDependOnLibsWithTags: ['tool', 'library', 'ground'] },
            { sourceTag: 'app', onlyDependOnLibsWithTags: ['tool', 'library', 'ground'] },
          ],
        },
      ],
    },
  },
  // The plugins of this very file have no types.
  { files: ['*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
