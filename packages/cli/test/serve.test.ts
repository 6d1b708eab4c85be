import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { bin, commandEnv } from './support/bin.ts';
import { placeWithRegistry, run, runJson, runProcess, type Place } from './support/fairlead.ts';
import { affine, affineNext } from './support/models.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

interface Served {
  readonly child: ChildProcess;
  /** Standard output until the last line of the start. */
  readonly text: string;
  /** Folder of the temporary files of the command. */
  readonly temporary: string;
}

/** Starts `fairlead serve` on a free port and waits until it has printed how to call it. */
async function serve({ folder, env }: Place, ...args: readonly string[]): Promise<Served> {
  const temporary = env?.TMPDIR ?? temporaryFolder();
  const child = spawn(process.execPath, [...bin.slice(1), 'serve', '--port', '0', ...args], {
    cwd: folder,
    env: commandEnv(folder, { TMPDIR: temporary, ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'exit').then(() => {
    throw new Error(`fairlead serve ended early: ${errors}`);
  });
  const started = (async () => {
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.includes('Ctrl-C stops.') || text.trimEnd().endsWith('\n}')) return;
    }
  })();
  await Promise.race([started, ended]);
  ended.catch(() => undefined);
  return { child, text, temporary };
}

/** Runs the line that begins with `curl`, as a person would paste it. */
async function pasteCurl(text: string): Promise<unknown> {
  const line = text.split('\n').find((each) => each.startsWith('curl ')) ?? '';
  const { stdout } = await promisify(execFile)('sh', ['-c', line]);
  return JSON.parse(stdout);
}

async function stop({ child }: Served, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await exited)[0];
}

test('an ONNX file is served without a registry, the printed curl predicts, and nothing is left behind', async () => {
  const served = await serve({ folder: temporaryFolder() }, affine);
  expect(served.text).toContain('from a temporary registry');
  expect(served.text).toContain('Rollouts of the registry are ignored');
  const answer = (await pasteCurl(served.text)) as {
    readonly model_name: string;
    readonly outputs: readonly { readonly name: string }[];
  };
  expect(answer.model_name).toBe('affine');
  expect(answer.outputs.map(({ name }) => name)).toEqual(['y']);
  // Other users of the machine don't have the key.
  const [, address = ''] = /(http:\/\/127\.0\.0\.1:\d+)/.exec(served.text) ?? [];
  expect((await fetch(`${address}/v2/models/affine`)).status).toBe(401);
  expect(readdirSync(served.temporary)).toHaveLength(1);
  expect(await stop(served, 'SIGINT')).toBe(0);
  expect(readdirSync(served.temporary)).toEqual([]);
});

test('several processes answer on one port with one key, and one that is killed is started again', async () => {
  const served = await serve({ folder: temporaryFolder() }, affine, '--processes', '2');
  for (let request = 0; request < 8; request += 1) {
    expect(await pasteCurl(served.text)).toMatchObject({ model_name: 'affine' });
  }
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(served.child.pid)]);
  const children = stdout.trim().split('\n').map(Number);
  expect(children).toHaveLength(2);
  process.kill(children[0] ?? 0, 'SIGKILL');
  for (let request = 0; request < 8; request += 1) {
    expect(await pasteCurl(served.text)).toMatchObject({ model_name: 'affine' });
  }
  expect(await stop(served, 'SIGTERM')).toBe(0);
  expect(readdirSync(served.temporary)).toEqual([]);
});

test('with --processes auto as many processes answer as their memory allows', async () => {
  const env = { FAIRLEAD_PROCESS_MEMORY_BYTES: String(2 * totalmem()) };
  const served = await serve({ folder: temporaryFolder(), env }, affine, '--processes', 'auto');
  expect(await pasteCurl(served.text)).toMatchObject({ model_name: 'affine' });
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(served.child.pid)]);
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(served.text).toMatch(/\nRuns: {3}1 process: no more processes of \d+ MiB /);
  expect(await stop(served, 'SIGTERM')).toBe(0);
});

test('the temporary folder of a killed process is removed by the next start, that of a running one is not', async () => {
  const place = { folder: temporaryFolder(), env: { TMPDIR: temporaryFolder() } };
  const killed = await serve(place, affine);
  const [abandoned] = readdirSync(place.env.TMPDIR);
  expect(await stop(killed, 'SIGKILL')).toBe(null);
  // Folders of other programs, or of an unknown process.
  const others = ['fairlead-serve-Ab12Cd', 'fairlead-serve-1.1.1-Ab12Cd', 'other'];
  for (const name of others) mkdirSync(join(place.env.TMPDIR, name));
  const first = await serve(place, affine);
  const second = await serve(place, affine);
  const left = readdirSync(place.env.TMPDIR);
  expect(left).not.toContain(abandoned);
  expect(left).toEqual(expect.arrayContaining(others));
  expect(left).toHaveLength(others.length + 2);
  for (const served of [first, second]) expect(await stop(served, 'SIGINT')).toBe(0);
  expect(readdirSync(place.env.TMPDIR).toSorted()).toEqual(others.toSorted());
});

test('a registry in any folder is served; a model without the alias is listed with the command that promotes it', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'iris', affine);
  await runJson(place, 'model', 'promote', 'iris', '1');
  await runJson(place, 'model', 'push', 'wine', affineNext);
  const elsewhere = temporaryFolder();
  const served = await serve({ folder: elsewhere }, '--registry', join(place.folder, 'registry'));
  expect(served.text).toContain('iris, version 1:');
  expect(served.text).toContain('fairlead model promote wine 1 --registry');
  expect(await pasteCurl(served.text)).toMatchObject({ model_name: 'iris', model_version: '1' });
  expect(await stop(served, 'SIGTERM')).toBe(0);
});

test('--json prints address, key and a curl of each model', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'iris', affine);
  await runJson(place, 'model', 'promote', 'iris', '1');
  const served = await serve(place, '--model', 'iris', '--json');
  expect(JSON.parse(served.text)).toMatchObject({
    address: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as unknown,
    key: expect.stringMatching(/^fl_/) as unknown,
    models: [{ model: 'iris', version: '1', ready: true }],
  });
  expect(await stop(served, 'SIGTERM')).toBe(0);
});

test('rejects a source that cannot be served, with the fix', async () => {
  const folder = temporaryFolder();
  const none = await run({ folder }, 'serve');
  expect(none).toMatchObject({ exitCode: 2 });
  expect(none.stderr).toMatch(/fairlead serve model\.onnx\s+\[ERR_CLI_NO_REGISTRY\]/);
  mkdirSync(join(folder, 'registry'));
  const both = await run({ folder }, 'serve', affine, '--registry', './registry');
  expect(both.stderr).toContain('leave --registry out');
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const refused = await runProcess({ folder }, 'serve', affine, '--port', `${port}`);
  taken.close();
  expect(refused).toMatchObject({ exitCode: 2 });
  expect(refused.stderr).toContain(`port ${port} of 127.0.0.1 is in use: name another with --port`);
});
