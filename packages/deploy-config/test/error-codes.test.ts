import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { describe, expect, it } from 'vitest';

import { nginxProblems } from '../src/index.ts';

const source = resolve(import.meta.dirname, '../src');
const page = resolve(import.meta.dirname, '../../../docs/errors/deploy-config.md');

describe('the page of error codes', () => {
  it('documents every code once, and no other', () => {
    const codes = globSync('**/*.ts', { cwd: source }).flatMap((file) =>
      Array.from(
        readFileSync(resolve(source, file), 'utf8').matchAll(/'(ERR_[A-Z_]+)'/g),
        ([, code]) => code,
      ),
    );
    const headings = Array.from(
      readFileSync(page, 'utf8').matchAll(/^### (.+)$/gm),
      ([, code]) => code,
    );
    expect(headings.toSorted()).toEqual([...new Set(codes)].toSorted());
  });

  it('has the status of each response of Nginx', () => {
    const text = readFileSync(page, 'utf8');
    for (const { code, status } of nginxProblems) {
      expect(text).toContain(`### ${code}\n\nStatus ${status}.`);
    }
  });
});
