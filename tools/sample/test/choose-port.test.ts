import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '@fairlead/test-support';
import { choosePort } from '../src/choose-port.ts';
import { SampleError } from '../src/sample-error.ts';

/** Takes a port until the test ends; one that somebody else has is taken as well. */
async function take(port: number, host: string): Promise<number> {
  const server = createServer();
  onTestFinished(() => {
    server.close();
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch {
    return port;
  }
  return (server.address() as AddressInfo).port;
}

test('takes the port that is asked for, and leaves it free', async () => {
  const port = await freePort();
  expect(await choosePort(port)).toBe(port);
  expect(await choosePort(port)).toBe(port);
});

test.each(['127.0.0.1', '0.0.0.0'])(
  'names a port that is taken on %s, and what to do about it',
  async (host) => {
    const port = await take(0, host);
    const choosing = choosePort(port);
    await expect(choosing).rejects.toThrow(SampleError);
    await expect(choosing).rejects.toThrow(`Port ${port} on 127.0.0.1 can't be had`);
    await expect(choosing).rejects.toThrow(`ss -ltnp sport = :${port}`);
    await expect(choosing).rejects.toThrow('FAIRLEAD_PORT');
  },
);

test('without a wish and with 8080 taken, any free one will do', async () => {
  await take(8080, '127.0.0.1');
  const port = await choosePort(undefined);
  expect(port).toBeGreaterThan(1023);
  expect(port).not.toBe(8080);
  expect(await choosePort(port)).toBe(port);
});
