import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { folderStore, ModelRegistry, registryErrorCodes } from '@fairlead/registry';
import { expect, onTestFinished, test } from 'vitest';
import { digits, temporaryFolder } from './support/sample-registry.ts';

const project = new URL('../', import.meta.url);

test('the example of the README runs unchanged', async () => {
  const readme = readFileSync(new URL('README.md', project), 'utf8');
  const code = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);

  const folder = temporaryFolder();
  const registry = new ModelRegistry({
    store: folderStore(join(folder, 'registry'), { create: true }),
  });
  for (const [index, content] of ['one', 'two'].entries()) {
    await registry.push(digits(content));
    await registry.setAlias('digits', 'champion', index + 1, { actor: 'ada' });
  }
  // Inside the project, where the packages it imports are found; run where its folder is.
  mkdirSync(new URL('reports/', project), { recursive: true });
  const file = new URL('reports/readme-example.ts', project);
  writeFileSync(file, code);
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => {
    process.chdir(before);
  });
  const { app } = (await import(/* @vite-ignore */ file.href)) as { app: RequestListener };

  const server = createServer(app).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const said = /\/\/ (\[.*\])$/m.exec(code)?.[1] ?? '';
  expect(await (await fetch(`${address}/models`)).json()).toEqual(JSON.parse(said));
  const rolledBack = await fetch(`${address}/models/digits/rollback`, { method: 'POST' });
  expect(await rolledBack.json()).toMatchObject({ version: 1, previous: 2, actor: 'on call' });
  expect(await registry.resolve('digits', 'champion')).toMatchObject({ version: 1 });
});

test('every error code has a paragraph, and every paragraph has a code', () => {
  const page = readFileSync(new URL('../../docs/errors/registry.md', project), 'utf8');
  const headings = [...page.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual([...registryErrorCodes].sort());
});
