import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { ESLint } from 'eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const BOUNDARIES = '@nx/enforce-module-boundaries';
const LENGTH = 'max-lines-per-function';
const TIMEOUT_MS = 180_000;

// The configuration of the repository, as `npm run lint` reads it; only the rules under test run, and they need no types.
const eslint = new ESLint({
  cwd: root,
  ruleFilter: ({ ruleId }) => ruleId === BOUNDARIES || ruleId === LENGTH,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
});

beforeAll(() => {
  // The rule passes everything while Nx has no graph of the projects.
  execFileSync('nx', ['show', 'projects'], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false' },
  });
});

/** Messages of a rule about a text in place of an existing file, which TypeScript knows as part of the project. */
async function lint(file: string, text: string, rule = BOUNDARIES): Promise<readonly string[]> {
  expect(existsSync(join(root, file))).toBe(true);
  const [result] = await eslint.lintText(text, { filePath: join(root, file) });
  const messages = result?.messages ?? [];
  // A file that can't be parsed would be rejected for that reason, and the test would check nothing.
  expect(messages.filter(({ fatal }) => fatal === true)).toEqual([]);
  return messages.filter(({ ruleId }) => ruleId === rule).map(({ message }) => message);
}

const library = (name: string): string => `packages/${name}/src/index.ts`;
const all = (from: string): string => `export * as it from '${from}';\n`;

describe('the lint rule of the architecture', { timeout: TIMEOUT_MS }, () => {
  it.each([
    [library('serving'), '@fairlead/registry'],
    [library('serving'), '@fairlead/monitoring'],
    [library('serving'), '@fairlead/jobs'],
    [library('jobs'), '@fairlead/serving'],
    [library('registry'), '@fairlead/security'],
    [library('monitoring'), '@fairlead/serving'],
    [library('deploy-config'), '@fairlead/registry'],
    [library('deploy-config'), '@fairlead/signature'],
    [library('security'), '@fairlead/monitoring'],
    [library('security'), '@fairlead/signature'],
    [library('signature'), '@fairlead/registry'],
    [library('signature'), '@fairlead/serving'],
    [library('signature'), '@fairlead/security'],
    [library('webhooks'), '@fairlead/serving'],
    [library('registry'), '../../../apps/gateway/src/deployment.ts'],
    ['tools/setup/test/run.test.ts', '../../../apps/gateway/src/deployment.ts'],
    [library('monitoring'), '@fairlead/setup'],
    [library('monitoring'), '@fairlead/gateway'],
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
    [library('serving'), '@fairlead/webhooks'],
    [library('jobs'), '@fairlead/webhooks'],
    [library('security'), 'express-rate-limit'],
    [library('signature'), 'node:buffer'],
    ['packages/serving/test/model-server.test.ts', '@fairlead/serving'],
    ['apps/gateway/src/main.ts', '@fairlead/gateway'],
    ['apps/gateway/src/main.ts', '@fairlead/deploy-config'],
    [library('gateway'), '@fairlead/serving'],
    ['tools/sample/src/main.ts', '@fairlead/registry'],
  ])('lets %s import %s', async (file, from) => {
    expect(await lint(file, all(from))).toEqual([]);
  });
});

describe('the lint rule of the length of functions', { timeout: TIMEOUT_MS }, () => {
  const functionOf = (lines: number): string =>
    `export function f(): void {\n${'  console.info();\n'.repeat(lines - 2)}}\n`;

  it.each([
    [100, 0],
    [101, 1],
  ])('a function of %i lines has %i problems', async (lines, problems) => {
    const messages = await lint(library('signature'), functionOf(lines), LENGTH);
    expect(messages).toHaveLength(problems);
  });
});
