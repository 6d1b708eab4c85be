import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const RULE = '@nx/enforce-module-boundaries';
const TIMEOUT_MS = 180_000;

// The configuration of the repository, as `npm run lint` reads it.
const eslint = new ESLint({ cwd: root });

/** What the rule says of a text that stood in an existing file, where TypeScript knows it as part of the project. */
async function lint(file: string, text: string): Promise<readonly string[]> {
  expect(existsSync(join(root, file))).toBe(true);
  const [result] = await eslint.lintText(text, { filePath: join(root, file) });
  const messages = result?.messages ?? [];
  // A file that can't be parsed would be refused for that alone, and prove nothing.
  expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
  return messages.filter(({ ruleId }) => ruleId === RULE).map(({ message }) => message);
}

const library = (name: string): string => `packages/${name}/src/index.ts`;
const all = (from: string): string => `export * as it from '${from}';\n`;

describe('the lint rule of the architecture', { timeout: TIMEOUT_MS }, () => {
  it.each([
    [library('serving'), '@fairlead/registry'],
    [library('serving'), '@fairlead/monitoring'],
    [library('registry'), '@fairlead/security'],
    [library('monitoring'), '@fairlead/serving'],
    [library('deploy-config'), '@fairlead/registry'],
    [library('deploy-config'), '@fairlead/signature'],
    [library('security'), '@fairlead/monitoring'],
    [library('security'), '@fairlead/signature'],
    [library('signature'), '@fairlead/registry'],
    [library('signature'), '@fairlead/serving'],
    [library('signature'), '@fairlead/security'],
    [library('registry'), '../../../apps/gateway/src/settings/settings.ts'],
    ['tools/setup/test/run.test.ts', '../../../apps/gateway/src/settings/settings.ts'],
    [library('monitoring'), '@fairlead/setup'],
    ['packages/serving/test/model-server.test.ts', '@fairlead/registry'],
  ])('refuses that %s imports %s', async (file, from) => {
    expect(await lint(file, all(from))).toHaveLength(1);
  });

  it.each([
    ['a subpath', `export { onnxRuntime } from '@fairlead/serving/onnx';\n`],
    ['a type only', `export type { ServedModel } from '@fairlead/serving';\n`],
    ['later, by import()', `export const later = import('@fairlead/serving');\n`],
    ['by its folder', `export * as it from '../../serving/src/index.ts';\n`],
  ])('refuses that one library imports another: %s', async (_how, text) => {
    expect(await lint(library('registry'), text)).toHaveLength(1);
  });

  it.each([
    [library('serving'), '@fairlead/signature'],
    [library('registry'), '@fairlead/signature'],
    [library('monitoring'), '@fairlead/signature'],
    [library('security'), 'express-rate-limit'],
    [library('signature'), 'node:buffer'],
    ['packages/serving/test/model-server.test.ts', '@fairlead/serving'],
    ['apps/gateway/src/main.ts', '@fairlead/serving'],
    ['apps/gateway/src/main.ts', '@fairlead/deploy-config'],
    ['tools/sample/src/main.ts', '@fairlead/registry'],
  ])('lets %s import %s', async (file, from) => {
    expect(await lint(file, all(from))).toEqual([]);
  });
});
