import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { labelsErrorCodes } from '../src/labels/labels-handler.ts';
import { outcomesErrorCodes } from '../src/outcomes/outcomes-handler.ts';
import { SettingsError } from '@fairlead/gateway';

test('every error code has its paragraph, and every paragraph its code', () => {
  const page = readFileSync(new URL('../../../docs/errors/gateway.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual([
    ...labelsErrorCodes,
    ...outcomesErrorCodes,
    new SettingsError('').code,
  ]);
});
