import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { placeWithRegistry, run } from './support/fairlead.ts';
import { affine } from './support/models.ts';

const project = new URL('../', import.meta.url);
const readme = readFileSync(new URL('README.md', project), 'utf8');

test("the README's commands run unchanged", async () => {
  const place = placeWithRegistry();
  copyFileSync(affine, join(place.folder, 'model.onnx'));
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block);
  const lines = (blocks[1] ?? '').trim().split('\n');
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    );
    expect(words.slice(0, 2)).toEqual(['npx', 'fairlead']);
    const { exitCode, stderr } = await run(place, ...words.slice(2));
    // With one version there is no previous one to roll back to.
    expect(exitCode, stderr).toBe(line.includes('rollback') ? 1 : 0);
  }
});

test("the README's program runs unchanged", async () => {
  const place = placeWithRegistry();
  const [, code = ''] = /```ts\n(.*?)```/s.exec(readme) ?? [];
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  mkdirSync(new URL('reports/', project), { recursive: true });
  const file = new URL('reports/readme-example.ts', project);
  writeFileSync(file, code);
  const before = process.cwd();
  process.chdir(place.folder);
  onTestFinished(() => {
    process.chdir(before);
  });
  const log = vi.spyOn(console, 'log').mockReturnValue(undefined);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await import(/* @vite-ignore */ file.href);
  expect(JSON.parse(String(write.mock.calls[0]?.[0]))).toMatchObject({ models: [] });
  expect(log).toHaveBeenCalledWith('it ended with 0');
});
