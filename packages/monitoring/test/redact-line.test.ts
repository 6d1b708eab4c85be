import { describe, expect, test } from 'vitest';
import { redactLine } from '../src/redact-line.ts';

describe('redactLine', () => {
  test('does not change a line without a sensitive key', () => {
    const line = '{"level":"info", "msg":"spaces  stay"}\n';
    expect(redactLine(line)).toBe(line);
  });

  test.each([
    ['is not JSON', '{"token": sentinel}\n'],
    [
      'is nested deeper than the stack',
      `{"token":${'['.repeat(1e5)}"sentinel"${']'.repeat(1e5)}}\n`,
    ],
  ])('withholds a suspicious line that %s', (_what, line) => {
    const written = redactLine(line);
    expect(written).not.toContain('sentinel');
    expect(() => JSON.parse(written) as unknown).not.toThrow();
    expect(written.endsWith('\n')).toBe(true);
  });

  test('treats a key called __proto__ as any other', () => {
    const written = redactLine('{"__proto__":{"token":"sentinel","a":1}}\n');
    expect(written).toBe('{"__proto__":{"token":"[redacted]","a":1}}\n');
  });
});
