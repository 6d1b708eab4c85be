import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '@fairlead/test-support';
import { choosePort } from '../src/choose-port.ts';
import { SampleError } from '../src/sample-error.ts';

/** Occupies a port until the test ends, unless another process has it already. */
async function occupy(port: number, host: string): Promise<number> {
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

test('a requested port is returned, and left free', async () => {
  const port = await freePort();
  expect(await choosePort(port)).toBe(port);
  expect(await choosePort(port)).toBe(port);
});

test.each(['127.0.0.1', '0.0.0.0'])(
  'a requested port that is taken on %s is rejected with the fix',
  async (host) => {
    const port = await occupy(0, host);
    const choosing = choosePort(port);
    await expect(choosing).rejects.toThrow(SampleError);
    await expect(choosing).rejects.toThrow(`Port ${port} on 127.0.0.1 is not available`);
    await expect(choosing).rejects.toThrow(`ss -ltnp sport = :${port}`);
    await expect(choosing).rejects.toThrow('FAIRLEAD_PORT');
  },
);

test('without a requested port, another free one is chosen when 8080 is taken', async () => {
  await occupy(8080, '127.0.0.1');
  const port = await choosePort(undefined);
  expect(port).toBeGreaterThan(1023);
  expect(port).not.toBe(8080);
  expect(await choosePort(port)).toBe(port);
});
