import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { chain, getRequestId, requestId, type ChainStep, type Middleware } from '../src/index.ts';
import { listen } from './support/listen.ts';
import { exchange } from './support/raw-client.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const answerWithId: ChainStep = (req, res) => {
  res.end(getRequestId(req));
};

async function idFor(port: number, ...lines: readonly string[]): Promise<string | undefined> {
  const answer = await exchange(
    port,
    'GET / HTTP/1.1',
    'Host: localhost',
    ...lines,
    'Connection: close',
    '',
    '',
  );
  return /\r\nX-Request-Id: (.*)\r\n/.exec(answer)?.[1];
}

describe('requestId', () => {
  it('gives each request a different id, the same to response and handler', async () => {
    expectTypeOf(requestId()).toEqualTypeOf<Middleware>();
    const { url } = await listen(chain(requestId(), answerWithId));
    const [first, second] = await Promise.all([fetch(url), fetch(url)]);
    const id = first.headers.get('x-request-id');
    expect(id).toMatch(uuid);
    expect(await first.text()).toBe(id);
    expect(second.headers.get('x-request-id')).not.toBe(id);
  });

  it('uses a well-formed incoming id', async () => {
    const { port } = await listen(chain(requestId(), answerWithId));
    for (const id of ['a', '4bf92f3577b34da6a3ce929d0e0e4736', 'Nginx_1.2-3', 'x'.repeat(128)]) {
      expect(await idFor(port, `X-Request-Id: ${id}`)).toBe(id);
    }
  });

  it('replaces an id that is empty, long, doubled or has other characters', async () => {
    const { port } = await listen(chain(requestId(), answerWithId));
    for (const id of [
      '',
      '-x',
      'x'.repeat(129),
      'a b',
      'a"b',
      '<script>',
      'caf\u00e9',
      '${jndi:x}',
      'a%0d%0ab',
    ]) {
      expect(await idFor(port, `X-Request-Id: ${id}`)).toMatch(uuid);
    }
    expect(await idFor(port, 'X-Request-Id: a', 'X-Request-Id: b')).toMatch(uuid);
  });

  it('repeats allowed characters only', async () => {
    const { port } = await listen(chain(requestId(), answerWithId));
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme-ascii', maxLength: 200 }), async (id) => {
        expect(await idFor(port, `X-Request-Id: ${id}`)).toMatch(
          /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
        );
      }),
      { numRuns: 40 },
    );
  });

  it('uses another header, and ignores incoming ids with trustIncoming: false', async () => {
    const { port } = await listen(
      chain(requestId({ header: 'X-Correlation', trustIncoming: false }), answerWithId),
    );
    const answer = await exchange(
      port,
      'GET / HTTP/1.1',
      'Host: localhost',
      'X-Correlation: mine',
      'Connection: close',
      '',
      '',
    );
    expect(/\r\nX-Correlation: (.*)\r\n/.exec(answer)?.[1]).toMatch(uuid);
  });

  it('refuses an invalid header name at creation', () => {
    expect(() => requestId({ header: 'X Request' })).toThrow(TypeError);
  });
});
