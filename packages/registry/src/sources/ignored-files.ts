/**
 * Files that are never a part of a model: files of tools, environments and secrets.
 *
 * @example
 * ```ts
 * import { ignoredFiles } from '@fairlead/registry/sources';
 *
 * console.log(ignoredFiles.includes('__pycache__')); // true
 * ```
 */
export const ignoredFiles: readonly string[] = [
  ...['__pycache__', '*.pyc', '*.pyo', '*.egg-info', '.ipynb_checkpoints'],
  ...['.venv', 'venv', '.tox', '.nox', 'node_modules'],
  ...['.mypy_cache', '.pytest_cache', '.ruff_cache', '.coverage', '.cache'],
  ...['.git', '.hg', '.svn', '.idea', '.vscode', '.DS_Store'],
  ...['.env', '.netrc', '.pypirc', '.aws', '.ssh'],
];
