import fc from 'fast-check';
import type { Logger } from 'pino';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createLogger } from '../src/index.ts';
import type { CreateLoggerOptions, LogLevel } from '../src/index.ts';
import { LogLines } from './log-lines.ts';

const sentinel = 'sentinel-7f3a9c';

function loggerInto(lines: LogLines, options: Partial<CreateLoggerOptions> = {}): Logger {
  return createLogger({ destination: lines, service: 'gateway', ...options });
}

describe('createLogger', () => {
  test('writes one JSON object per line, with service, version, level word and ISO time', () => {
    const lines = new LogLines();
    const logger = loggerInto(lines, { serviceVersion: '1.2.3' });
    expectTypeOf(logger).toEqualTypeOf<Logger>();
    logger.info({ model: 'digits' }, 'loaded\na model');
    expect(lines.entries).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
        service: 'gateway',
        serviceVersion: '1.2.3',
        model: 'digits',
        msg: 'loaded\na model',
      },
    ]);
  });

  test('writes from its level up', () => {
    const lines = new LogLines();
    const logger = loggerInto(lines, { level: 'warn' });
    logger.info('quiet');
    logger.warn('heard');
    logger.error('heard too');
    expect(lines.entries.map(({ msg }) => msg)).toEqual(['heard', 'heard too']);
    expect(lines.entries[0]).not.toHaveProperty('serviceVersion');
  });

  test('writes nothing at level silent', () => {
    const lines = new LogLines();
    loggerInto(lines, { level: 'silent' }).fatal('unheard');
    expect(lines.text).toBe('');
  });

  test('refuses an unknown level and an empty service', () => {
    expect(() => loggerInto(new LogLines(), { level: 'loud' as LogLevel })).toThrow(
      expect.objectContaining({
        code: 'ERR_MONITORING_INVALID_OPTION',
        message: expect.stringContaining('"loud"') as string,
      }),
    );
    expect(() => loggerInto(new LogLines(), { service: '' })).toThrow(
      expect.objectContaining({ code: 'ERR_MONITORING_INVALID_OPTION' }),
    );
  });

  test.each([
    'authorization',
    'Authorization',
    'proxy-authorization',
    'x-api-key',
    'X-Api-Key',
    'apiKey',
    'cookie',
    'set-cookie',
    'password',
    'dbPassword',
    'clientSecret',
    'AWS_SECRET_ACCESS_KEY',
    'token',
    'x-amz-security-token',
    'refresh_token',
  ])('redacts the value of %s at any depth, in fields, arrays and objects', (key) => {
    const lines = new LogLines();
    const logger = loggerInto(lines);
    logger.info({ [key]: sentinel, fine: 1 }, 'top');
    logger.info({ a: { b: [{ c: { [key]: sentinel, fine: 1 } }] } }, 'deep');
    logger.info({ [key]: { value: [sentinel] } }, 'object');
    logger.info({ headers: [[key, sentinel]], flat: ['host', 'a', key, sentinel] }, 'pairs');
    expect(lines.text).not.toContain(sentinel);
    expect(lines.entries[0]).toMatchObject({ [key]: '[redacted]', fine: 1, msg: 'top' });
    expect(lines.entries[1]).toMatchObject({ a: { b: [{ c: { fine: 1 } }] } });
    expect(lines.entries[3]).toMatchObject({ flat: ['host', 'a', key, '[redacted]'] });
  });

  test('redacts bindings of child loggers, also those set later', () => {
    const lines = new LogLines();
    const child = loggerInto(lines).child({ connection: { password: sentinel } });
    child.info('one');
    child.setBindings({ token: sentinel });
    child.child({ cookie: sentinel }, { level: 'debug' }).debug('two');
    expect(lines.entries).toHaveLength(2);
    expect(lines.text).not.toContain(sentinel);
  });

  test('redacts the properties of errors and of their causes, and keeps message and stack', () => {
    const lines = new LogLines();
    const cause = Object.assign(new Error('refused'), {
      config: { headers: { authorization: `Bearer ${sentinel}` } },
    });
    const error = Object.assign(new Error('no answer', { cause }), {
      request: { rawHeaders: ['X-Api-Key', sentinel] },
    });
    loggerInto(lines).error(error);
    loggerInto(lines).error({ err: error }, 'again');
    expect(lines.text).not.toContain(sentinel);
    expect(lines.entries[0]).toMatchObject({
      msg: 'no answer',
      err: { type: 'Error', message: 'no answer: refused' },
    });
    expect(JSON.stringify(lines.entries[0])).toContain('create-logger.test.ts');
  });

  test('does not redact text that only mentions secrets', () => {
    const lines = new LogLines();
    loggerInto(lines).info(
      { reasons: ['the password is too short', 'the name is missing'], keyId: 'k1' },
      'no token was sent',
    );
    expect(lines.entries[0]).toMatchObject({
      reasons: ['the password is too short', 'the name is missing'],
      keyId: 'k1',
      msg: 'no token was sent',
    });
  });

  test('writes fields with circular references', () => {
    const lines = new LogLines();
    const loop: Record<string, unknown> = { password: sentinel };
    loop.self = loop;
    loggerInto(lines).info({ loop }, 'round');
    expect(lines.entries).toHaveLength(1);
    expect(lines.text).not.toContain(sentinel);
  });

  test('never writes a secret, for any shape of fields', () => {
    const secretKey = fc
      .tuple(
        fc.constantFrom('', 'my', 'x-', 'db_'),
        fc.constantFrom('secret', 'Password', 'TOKEN'),
        fc.constantFrom('', 's', '-value', 'Of'),
      )
      .map((parts) => parts.join(''));
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.string({ maxLength: 6 }), tie('node'), { maxKeys: 3 }),
        fc.dictionary(secretKey, fc.constant({ deeper: [sentinel, { plain: sentinel }] }), {
          maxKeys: 2,
        }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (fields) => {
        const lines = new LogLines();
        loggerInto(lines).info({ fields }, 'm');
        expect(lines.entries).toHaveLength(1);
        expect(lines.text).not.toContain(sentinel);
      }),
      { numRuns: 300 },
    );
  });
});
