import { isIP } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { WebhookSender, type WebhookSenderOptions } from '@fairlead/webhooks';
import { startReceiver } from './webhook-receiver.ts';

const secrets = [`whsec_${Buffer.alloc(32, 1).toString('base64')}`];

describe('an address that a name resolves to', () => {
  /** A sender whose names resolve to `addresses`, one after the other, and then to the last one. */
  function resolving(addresses: readonly string[], options: Partial<WebhookSenderOptions>) {
    const resolved: string[] = [];
    const left = [...addresses];
    const sender = new WebhookSender({
      destinations: [],
      secrets,
      resolve: (hostname, _options, callback) => {
        resolved.push(hostname);
        const address = (left.length > 1 ? left.shift() : left[0]) ?? '';
        callback(null, [{ address, family: isIP(address) }]);
      },
      ...options,
    });
    onTestFinished(() => sender.close());
    return { sender, resolved };
  }

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '192.168.1.1',
    '172.31.0.1',
    '100.64.0.1',
    '::1',
    'fc00::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '169.254.169.254',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::',
    'fd00:ec2::254',
    'fe80::1',
    '0.0.0.0',
    '::',
    '100.100.100.200',
    '224.0.0.1',
    '255.255.255.255',
  ])('%s is rejected for a destination that is not private', async (address) => {
    const { sender } = resolving([address], { destinations: ['http://hooks.example'] });
    const { reason, isUnreachable } = await sender.attempt('http://hooks.example/1', 'id', '{}');
    expect(reason).toContain(`hooks.example is at ${address}`);
    expect(isUnreachable).toBe(true);
  });

  test.each(['169.254.169.254', '::ffff:169.254.169.254', 'fd00:ec2::254', 'fe80::1', '0.0.0.0'])(
    '%s is rejected for a private destination too',
    async (address) => {
      const { sender } = resolving([address], { privateDestinations: ['http://hooks.example'] });
      expect(await sender.deliver('http://hooks.example/1', 'id', '{}')).toContain(
        'that is not allowed',
      );
    },
  );

  test('is checked at each connection: a name that changes is rejected', async () => {
    const { received, port, disconnect } = await startReceiver();
    const url = `http://hooks.example:${port}/1`;
    const { sender, resolved } = resolving(['127.0.0.1', '169.254.169.254'], {
      privateDestinations: [`http://hooks.example:${port}`],
    });
    expect(await sender.deliver(url, 'id', '{}')).toBeUndefined();
    expect(received).toHaveLength(1);
    expect(received[0]?.headers.host).toBe(`hooks.example:${port}`);
    expect(resolved).toEqual(['hooks.example']);
    // A persistent connection resolves nothing; the next connection is checked.
    disconnect();
    await vi.waitFor(
      async () => {
        expect(await sender.deliver(url, 'id', '{}')).toContain('169.254.169.254');
      },
      { timeout: 30_000 },
    );
    expect(resolved).toHaveLength(2);
  });

  test('rejects the name when one of several is not allowed', async () => {
    const { port } = await startReceiver();
    const sender = new WebhookSender({
      destinations: [],
      privateDestinations: [`http://hooks.example:${port}`],
      secrets,
      resolve: (_hostname, _options, callback) => {
        const addresses = ['127.0.0.1', '169.254.169.254'];
        callback(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        );
      },
    });
    onTestFinished(() => sender.close());
    const reason = await sender.deliver(`http://hooks.example:${port}/1`, 'id', '{}');
    expect(reason).toContain('169.254.169.254');
  });

  test('may be of this host where the destination names it', async () => {
    const { received, port } = await startReceiver();
    const urls = [
      `http://127.0.0.1:${port}`,
      `http://localhost:${port}`,
      `http://2130706433:${port}`,
    ];
    for (const url of urls) {
      const sender = new WebhookSender({ destinations: [url], secrets });
      onTestFinished(() => sender.close());
      expect([url, await sender.deliver(`${url}/x`, 'id', '{}')]).toEqual([url, undefined]);
    }
    expect(received).toHaveLength(urls.length);
  });
});
