import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { type Place, placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine } from './support/models.ts';

const waiting = { timeout: 40_000, interval: 50 };

interface Call {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly status: number;
}

/** Starts a receiver that responds with these statuses one after the other, then with 204. */
async function startReceiver(...answers: number[]) {
  const calls: Call[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.setEncoding('utf8').on('data', (text: string) => (body += text));
    req.on('end', () => {
      const status = answers.shift() ?? 204;
      calls.push({ url: req.url ?? '', headers: req.headers, body, status });
      res.writeHead(status).end();
    });
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** Returns the accepted events in order. */
  const accepted = () =>
    calls
      .filter(({ status }) => status === 204)
      .map(({ body }) => (JSON.parse(body) as { type: string }).type);
  return { origin, calls, accepted };
}

/** Starts the real command, which runs until it gets a signal. */
function startForward(place: Place, ...args: readonly string[]) {
  const child: ChildProcess = spawn(
    process.execPath,
    [...bin.slice(1), 'registry', 'forward', ...args],
    {
      cwd: place.folder,
      env: commandEnv(place.folder, place.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { ended, output: () => output, signal: (name: NodeJS.Signals) => child.kill(name) };
}

function secretOf(key: Buffer): string {
  return `whsec_${key.toString('base64')}`;
}

function signatureOf(key: Buffer, { headers, body }: Call): string {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
}

// The name of a host resolves to one of its addresses nearly everywhere.
const own = await lookup(hostname()).catch(() => undefined);

test.runIf(own !== undefined && /^(?:127|10|192\.168)\./.test(own.address))(
  'a name of a private address is called only with --allow-private',
  async () => {
    const place = placeWithRegistry({ FAIRLEAD_WEBHOOK_SECRET: secretOf(randomBytes(32)) });
    await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
    const { port } = new URL((await startReceiver()).origin);
    const url = `http://${hostname()}:${port}/hook`;
    const forward = (...more: readonly string[]) =>
      run(place, 'registry', 'forward', url, '--from-start', '--once', ...more);
    const refused = await forward('--cursor', 'a.json');
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stdout).toContain('a private address that is not allowed');
    const allowed = await forward('--cursor', 'b.json', '--allow-private');
    // The receiver listens only on 127.0.0.1.
    expect(allowed.stdout).not.toContain('that is not allowed');
    if (own?.address === '127.0.0.1') expect(allowed.stdout).toContain('delivered');
  },
);

test('a delivery is retried after a 500, a signal ends the command, and the next run continues at the cursor', async () => {
  const key = randomBytes(32);
  const place = placeWithRegistry({ FAIRLEAD_WEBHOOK_SECRET: secretOf(key) });
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const receiver = await startReceiver(500);
  const args = [`${receiver.origin}/hook`, '--cursor', 'cursor.json', '--poll', '1s'];
  const first = startForward(place, ...args, '--from-start');
  await vi.waitFor(() => {
    expect(receiver.accepted()).toEqual(['version.pushed']);
  }, waiting);
  const [refused, accepted] = receiver.calls;
  expect(refused?.status).toBe(500);
  expect(accepted?.headers['webhook-id']).toBe(refused?.headers['webhook-id']);
  // An event while the command runs.
  await runJson(place, 'model', 'promote', 'affine', '1');
  await vi.waitFor(() => {
    expect(receiver.accepted()).toEqual(['version.pushed', 'alias.set']);
    expect(first.output()).toMatch(/^delivered .*attempt 2\ndelivered .*attempt 1\n/m);
  }, waiting);
  expect(first.output()).toMatch(/^retried {2}affine .*attempt 1: status 500\n/);
  for (const call of receiver.calls)
    expect(call.headers['webhook-signature']).toBe(signatureOf(key, call));
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);

  await runJson(place, 'model', 'note', 'affine', 'while no process forwards');
  const second = startForward(place, ...args);
  await vi.waitFor(() => {
    expect(receiver.accepted()).toEqual(['version.pushed', 'alias.set', 'model.note']);
    expect(second.output()).toContain('delivered');
  }, waiting);
  second.signal('SIGKILL');
  expect(await second.ended).toBe('SIGKILL');
  const third = startForward(place, ...args);
  await runJson(place, 'model', 'note', 'affine', 'after a kill');
  await vi.waitFor(() => {
    // At least once: the kill may come between a response and the write of the cursor.
    const ids = receiver.calls.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(4);
    expect(third.output()).toContain('delivered');
  }, waiting);
  third.signal('SIGINT');
  expect(await third.ended).toBe(0);
});

test('two URLs have separate cursors, an unreachable one does not delay the other; both secrets sign', async () => {
  const [old, next] = [randomBytes(24), randomBytes(64)];
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'secret'), `${secretOf(old)}\n${secretOf(next)}\n`);
  await runJson(place, 'model', 'push', 'affine', affine, '--skip-validation');
  const a = await startReceiver(503);
  const b = await startReceiver();
  const args = ['registry', 'forward', `${a.origin}/?token=hush`, `${b.origin}/b`];
  const cursors = ['--cursor', 'a.json', '--cursor', 'b.json'];
  const once = [...args, ...cursors, '--secret-file', 'secret', '--once', '--from-start'];
  const half = await run(place, ...once);
  expect(half.exitCode).toBe(1);
  expect(half.stderr).toContain(`${a.origin}/ didn't accept all events`);
  expect(half.stderr + half.stdout).not.toContain('hush');
  expect([a.accepted(), b.accepted()]).toEqual([[], ['version.pushed']]);
  const whole = await run(place, ...once, '--json');
  expect(whole).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(whole.stdout)).toMatchObject({ type: 'delivered', url: `${a.origin}/` });
  expect([a.accepted(), b.accepted()]).toEqual([['version.pushed'], ['version.pushed']]);
  expect(a.calls[1]?.url).toBe('/?token=hush');
  for (const call of [...a.calls, ...b.calls]) {
    const both = `${signatureOf(old, call)} ${signatureOf(next, call)}`;
    expect(call.headers['webhook-signature']).toBe(both);
  }
});

const url = 'http://127.0.0.1:9/hook';

test.each([
  ['no secret', { FAIRLEAD_WEBHOOK_SECRET: '' }, [url, '--cursor', 'c'], '--secret-file'],
  ['a bad secret', { FAIRLEAD_WEBHOOK_SECRET: 'PLANTED' }, [url, '--cursor', 'c'], 'whsec_'],
  ['no file of one', {}, [url, '--cursor', 'c', '--secret-file', 'none'], 'cannot use none'],
  ['no URL', {}, ['nowhere', '--cursor', 'c'], '"nowhere"'],
  ['another scheme', {}, ['ftp://h/x', '--cursor', 'c'], 'http(s)://host'],
  ['a password in it', {}, ['http://a:b@h/x', '--cursor', 'c'], 'without a password'],
  ['one cursor for two', {}, [url, `${url}2`, '--cursor', 'c'], '2 URLs and 1 cursors'],
  [
    'a duplicate URL',
    {},
    [url, `${url}2`, '--cursor', 'c', '--cursor', './c'],
    'each needs a separate one',
  ],
  ['no folder of it', {}, [url, '--cursor', 'none/c'], 'cannot use none/c as the cursor'],
])('%s: refused at the start', async (_what, env, args, message) => {
  const secret = { FAIRLEAD_WEBHOOK_SECRET: secretOf(randomBytes(32)) };
  const place = placeWithRegistry({ ...secret, ...env });
  const { exitCode, stdout, stderr } = await run(place, 'registry', 'forward', ...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('PLANTED');
  expect(existsSync(join(place.folder, 'c'))).toBe(false);
});
