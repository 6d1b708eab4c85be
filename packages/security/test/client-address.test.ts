import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clientAddress } from '../src/index.ts';
import { listen } from './support/listen.ts';

/** Address found for a real request from 127.0.0.1 with this header. */
async function found(trustedProxies: readonly string[], forwardedFor?: string): Promise<string> {
  const address = clientAddress({ trustedProxies });
  const { url } = await listen((req, res) => {
    res.end(address(req));
  });
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return (await fetch(url, { headers })).text();
}

describe('clientAddress', () => {
  it('is the peer address without a header', async () => {
    expect(await found([])).toBe('127.0.0.1');
    expect(await found(['loopback'])).toBe('127.0.0.1');
  });

  it('ignores the header of a peer that is not trusted', async () => {
    expect(await found([], '203.0.113.7')).toBe('127.0.0.1');
    expect(await found(['10.0.0.0/8', 'unix'], '203.0.113.7')).toBe('127.0.0.1');
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['6.6.6.6,203.0.113.7 , 10.1.2.3', '203.0.113.7'],
    ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
    ['127.0.0.1', '127.0.0.1'],
    ['203.0.113.7:1234', '203.0.113.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['2001:0DB8:0:0::1', '2001:db8::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('reads %j from its right end', async (forwardedFor, expected) => {
    expect(await found(['loopback', '10.0.0.0/8'], forwardedFor)).toBe(expected);
  });

  it.each(['unknown', '_hidden', '', ' ', '999.1.1.1', '1.2.3', '6.6.6.6, garbage', '6.6.6.6,'])(
    'stops at the proxy that forwarded %j',
    async (forwardedFor) => {
      expect(await found(['loopback'], forwardedFor)).toBe('127.0.0.1');
    },
  );

  it('never returns a claim of the client to the left of an untrusted address', async () => {
    const address = clientAddress({ trustedProxies: ['loopback'] });
    const { url } = await listen((req, res) => {
      res.end(address(req));
    });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), async (claim) => {
        const headers = { 'x-forwarded-for': `${claim}, 203.0.113.7` };
        expect(await (await fetch(url, { headers })).text()).toBe('203.0.113.7');
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    [['unix'], '203.0.113.7'],
    [['loopback'], 'unix'],
  ])('trusts peers on a Unix socket with %j: %s', async (trusted, expected) => {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-'));
    const socketPath = join(folder, 'http.sock');
    const address = clientAddress({ trustedProxies: trusted });
    const server = createServer((req, res) => {
      res.end(address(req));
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    });
    const body = await new Promise<string>((resolve, reject) => {
      get({ socketPath, headers: { 'X-Forwarded-For': '203.0.113.7' } }, (res) => {
        res.setEncoding('utf8').on('data', resolve);
      }).on('error', reject);
    });
    expect(body).toBe(expected);
  });

  it('does not take a closed connection for a Unix socket', () => {
    const req = new IncomingMessage(new Socket().destroy());
    req.headers['x-forwarded-for'] = '203.0.113.7';
    expect(clientAddress({ trustedProxies: ['unix'] })(req)).toBe('unknown');
  });

  it.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '::1/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/x',
    'fe80::1%eth0',
  ])('refuses the proxy %j at creation', (proxy) => {
    expect(() => clientAddress({ trustedProxies: [proxy] })).toThrow(/trustedProxies/);
  });
});
