import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { expect, it } from 'vitest';

const source = resolve(import.meta.dirname, '../src');
const page = resolve(import.meta.dirname, '../../../docs/errors/deploy-cdk.md');

it('docs/errors/deploy-cdk.md explains every error code once, and no other', () => {
  const texts = globSync('**/*.ts', { cwd: source }).map((file) =>
    readFileSync(resolve(source, file), 'utf8'),
  );
  const codes = texts.join('\n').match(/\bERR_[A-Z_]+\b/g);
  const headings = [...readFileSync(page, 'utf8').matchAll(/^### (.+)$/gm)].map(([, code]) => code);
  expect(headings.toSorted()).toEqual([...new Set(codes)].toSorted());
});
