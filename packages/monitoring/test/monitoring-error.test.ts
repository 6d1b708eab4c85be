import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { MonitoringError } from '../src/index.ts';
import type { MonitoringErrorCode } from '../src/index.ts';

describe('MonitoringError', () => {
  test('has a code, a message and a cause', () => {
    const cause = new Error('underneath');
    const error = new MonitoringError('ERR_MONITORING_INVALID_OPTION', 'on top', { cause });
    expectTypeOf(error.code).toEqualTypeOf<MonitoringErrorCode>();
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'MonitoringError',
      code: 'ERR_MONITORING_INVALID_OPTION',
      message: 'on top',
      cause,
    });
  });

  test('has a documented paragraph for every code, and no code more', async () => {
    const page = await readFile(
      new URL('../../../docs/errors/monitoring.md', import.meta.url),
      'utf8',
    );
    const sections = page.split(/^### /m).slice(1);
    const source = fileURLToPath(new URL('../src', import.meta.url));
    const codes = new Set<string>();
    for await (const file of glob('**/*.ts', { cwd: source })) {
      const text = await readFile(`${source}/${file}`, 'utf8');
      for (const [code] of text.matchAll(/\bERR_[A-Z_]+/g)) codes.add(code);
    }
    expect(codes.size).toBeGreaterThan(0);
    expect(new Set(sections.map((section) => section.split('\n')[0]))).toEqual(codes);
    expect(sections).toHaveLength(codes.size);
    for (const section of sections) expect(section.length).toBeGreaterThan(150);
  });
});
