import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { freePort, until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { haproxyBalancer, type HaproxyBalancerOptions } from '../../src/haproxy.ts';

const hasHaproxy = spawnSync('haproxy', ['-v']).status === 0;

describe.skipIf(!hasHaproxy)('HAProxy as the balancer of a rolling update', () => {
  const waiting: ServerResponse[] = [];
  let isHealthy = true;
  const server = createServer((request, response) => {
    if (request.url === '/slow') waiting.push(response);
    else response.writeHead(isHealthy || request.url === '/' ? 200 : 503).end('ok');
  });
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-haproxy-'));
  let haproxy: ChildProcess;
  let options: HaproxyBalancerOptions;
  let url: string;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = join(folder, 'admin.sock');
    const [front, admin] = [await freePort(), await freePort()];
    const config = join(folder, 'haproxy.cfg');
    writeFileSync(
      config,
      `global
  stats socket ${socket} level admin
  stats socket ipv4@127.0.0.1:${admin} level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  # Otherwise the interval of the checks is their timeout, and a busy machine's host counts as down.
  timeout check 60s
frontend clients
  bind 127.0.0.1:${front}
  default_backend web
backend web
  option httpchk GET /health
  default-server inter 50ms fall 1 rise 1
  server h1 127.0.0.1:${port} check
  server 10.0.0.2 127.0.0.1:${port} check
  server unchecked 127.0.0.1:${port}
`,
    );
    haproxy = spawn('haproxy', ['-q', '-db', '-f', config], { stdio: 'ignore' });
    url = `http://127.0.0.1:${front}`;
    options = { socket, backend: 'web', pollMs: 10 };
    await until(() =>
      haproxyBalancer(options)
        .ready('h1')
        .then(
          () => true,
          () => false,
        ),
    );
    await haproxyBalancer({ ...options, socket: `127.0.0.1:${admin}` }).ready('10.0.0.2');
  });

  afterAll(async () => {
    const ended = once(haproxy, 'exit');
    haproxy.kill('SIGKILL');
    await ended;
    server.close();
    rmSync(folder, { recursive: true });
  });

  const drainOthers = async (): Promise<void> => {
    for (const name of ['10.0.0.2', 'unchecked']) await haproxyBalancer(options).drain(name);
  };

  it('drains a host: no new request, and the last one ends first', async () => {
    const balancer = haproxyBalancer(options);
    await drainOthers();
    const answer = new Promise<string>((resolve, reject) => {
      get(`${url}/slow`, (response) => void text(response).then(resolve, reject)).on(
        'error',
        reject,
      );
    });
    await until(() => waiting.length === 1);
    const late = haproxyBalancer({ ...options, drainTimeoutMs: 100 }).drain('h1');
    await expect(late).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BALANCER',
      message: 'HAProxy: h1 still has 1 requests after 100 ms.',
    });
    const stopped = balancer.drain('h1', AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    let isDrained = false;
    const draining = balancer.drain('h1').then(() => (isDrained = true));
    expect(await fetch(url).then(({ status }) => status)).toBe(503);
    expect(isDrained).toBe(false);
    waiting.pop()?.end('last');
    await draining;
    expect(await answer).toBe('last');
    await balancer.drain('h1');
    expect(await balancer.isDrained?.('h1')).toBe(true);
    await balancer.ready('h1');
    await balancer.ready('h1');
    expect(await balancer.isDrained?.('h1')).toBe(false);
    expect(await fetch(url).then(({ status }) => status)).toBe(200);
  });

  it('waits until the health checks of a host pass; a server without checks is ready', async () => {
    const balancer = haproxyBalancer({ ...options, readyTimeoutMs: 200 });
    await balancer.drain('h1');
    isHealthy = false;
    await until(() =>
      balancer.ready('h1').then(
        () => false,
        () => true,
      ),
    );
    await expect(balancer.ready('h1')).rejects.toMatchObject({
      code: 'ERR_DEPLOY_BALANCER',
      message: 'HAProxy: h1 is DOWN, not UP after 200 ms.',
    });
    // It gets requests again as soon as it is healthy.
    expect(await balancer.isDrained?.('h1')).toBe(false);
    const ready = haproxyBalancer(options).ready('h1');
    isHealthy = true;
    await ready;
    await balancer.ready('unchecked');
  });

  it.each<[string, string, Partial<HaproxyBalancerOptions>?]>([
    ['h9', 'HAProxy: set server web/h9 state drain: No such server.'],
    ['h1', 'HAProxy: /nowhere.sock: connect ENOENT /nowhere.sock.', { socket: '/nowhere.sock' }],
  ])('rejects when HAProxy can not drain %s', async (target, message, change = {}) => {
    const draining = haproxyBalancer({ ...options, ...change }).drain(target);
    await expect(draining).rejects.toMatchObject({ code: 'ERR_DEPLOY_BALANCER', message });
  });

  it.each(['h1; show info', 'a\nb', 'web/h1', ''])(
    'refuses %j as the name of a host',
    async (name) => {
      const message = expect.stringMatching(/^Option target is /) as string;
      await expect(haproxyBalancer(options).drain(name)).rejects.toMatchObject({
        code: 'ERR_DEPLOY_INVALID_OPTION',
        message,
      });
    },
  );
});

it.each([
  [{ socket: '' }, /^Option socket: /],
  [{ backend: 'a b' }, /^Option backend is "a b": expected letters/],
  [{ drainTimeoutMs: 0 }, /^Option drainTimeoutMs is 0: expected whole milliseconds/],
  [{ pollMs: 1.5 }, /^Option pollMs is 1.5: /],
  [{ backends: 'web' }, /backends/],
])('haproxyBalancer() refuses %j', (change, message) => {
  expect(() => haproxyBalancer({ socket: '/s', backend: 'web', ...change })).toThrow(message);
});
