import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

interface Answer {
  readonly status: number | undefined;
  readonly body: unknown;
}

it('has an example of at most 15 lines that runs as it stands', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const example = /```ts\n([^]*?)```/.exec(readme)?.[1] ?? '';
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(15);

  // Inside the package, so that its own name and Express resolve.
  const folder = await mkdtemp(join(import.meta.dirname, '.readme-'));
  const socketPath = join(folder, 's');
  await writeFile(join(folder, 'example.ts'), example);
  const child = spawn(
    process.execPath,
    ['--conditions=@fairlead/source', join(folder, 'example.ts')],
    {
      env: { ...process.env, PORT: socketPath, PEPPER: 'a pepper of more than thirty-two bytes' },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  onTestFinished(async () => {
    if (child.exitCode === null) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await exited;
    }
    await rm(folder, { recursive: true });
  });
  const key = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`The example ended with exit code ${code ?? 'none'}.`));
    });
    child.stdout.setEncoding('utf8').once('data', (line: string) => {
      resolve(/fl_\S+/.exec(line)?.[0] ?? '');
    });
  });

  async function send(headers: Record<string, string>, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const req = request({ socketPath, path: '/predict', method: 'POST', headers }, (res) => {
        let text = '';
        res.setEncoding('utf8').on('data', (part: string) => (text += part));
        res.on('end', () => {
          resolve({ status: res.statusCode, body: JSON.parse(text) });
        });
      });
      req.on('error', reject).end(body);
    });
  }

  const json = { 'content-type': 'application/json' };
  const authorization = `Bearer ${key}`;
  expect(await send({ ...json, authorization }, '{"rows":[1]}')).toEqual({
    status: 200,
    body: { received: { rows: [1] } },
  });
  expect(await send(json, '{}')).toMatchObject({
    status: 401,
    body: { code: 'ERR_SECURITY_KEY_MISSING' },
  });
  expect(await send({ 'content-type': 'text/csv', authorization }, '1,2')).toMatchObject({
    status: 415,
  });
});
