import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '@fairlead/test-support';
import { expect, onTestFinished, test } from 'vitest';
import { listenOn } from '../src/listening/listen-on.ts';

/** Creates sockets as a parent process that passes them; Node's cluster module does so too. */
const { _createServerHandle: bind } = net as unknown as {
  readonly _createServerHandle: (
    path: string,
    port: -1,
    addressType: -1,
  ) => { readonly fd: number };
};

test.each(['unix', 'fd'] as const)(
  'more connections than the 511 of Node wait in a socket of kind %s',
  async (kind) => {
    const path = join(temporaryFolder(), 'socket');
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined).end();
    });
    onTestFinished(() => {
      server.close();
    });
    await listenOn(server, kind === 'fd' ? `fd:${bind(path, -1, -1).fd}` : `unix:${path}`, 'X');
    // All in one turn of the event loop: none is accepted before.
    const sockets = Array.from({ length: 1000 }, () => net.connect(path));
    const results = await Promise.allSettled(
      sockets.map(async (socket) => {
        await once(socket.resume(), 'close');
      }),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  },
);

test('a Unix socket that a killed process left is replaced, and one that is in use is not', async () => {
  const path = join(temporaryFolder(), 'socket');
  const leave = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', leave]);
  expect(lstatSync(path).isSocket()).toBe(true);
  // The connection that finds out whether the socket is in use is reset.
  const first = net.createServer((socket) => socket.on('error', () => undefined).end('first'));
  const servers = [first, net.createServer()] as const;
  onTestFinished(() => {
    for (const server of servers) server.close();
  });
  await listenOn(servers[0], `unix:${path}`, 'X');
  await expect(listenOn(servers[1], `unix:${path}`, 'X')).rejects.toThrow(/X .*EADDRINUSE/);
  const answer = (await once(net.connect(path), 'data')) as [Buffer];
  expect(String(answer[0])).toBe('first');
});

test('a file that is no socket is not removed', async () => {
  const path = join(temporaryFolder(), 'socket');
  writeFileSync(path, 'a file');
  const listening = listenOn(net.createServer(), `unix:${path}`, 'X');
  await expect(listening).rejects.toThrow(/EADDRINUSE/);
  expect(readFileSync(path, 'utf8')).toBe('a file');
});
