import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { placeWithRegistry, run, runJson } from './support/fairlead.ts';
import { affine, affineGolden, affineNext } from './support/models.ts';
import { readTree } from '@fairlead/test-support';

const { ModelRegistry, openStore } = await import('@fairlead/registry');
const { inferenceHandler, ModelServer } = await import('@fairlead/serving');
const { onnxRuntime } = await import('@fairlead/serving/onnx');

/** Starts a real server of the registry's champion; resolves to the URL of the model. */
async function serve(folder: string): Promise<string> {
  const source = new ModelRegistry({ store: await openStore(join(folder, 'registry')) });
  const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime() } });
  await models.serve('affine');
  const server = createServer(inferenceHandler(models)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await models.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/models/affine`;
}

test('two versions are compared side by side', async () => {
  const place = placeWithRegistry();
  writeFileSync(
    join(place.folder, 'other.json'),
    JSON.stringify({
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], units: 'cm' }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
      },
      lineage: { parameters: { depth: 3 } },
    }),
  );
  await runJson(place, 'model', 'push', 'affine', affine, '--metric', 'accuracy=0.9');
  await runJson(
    place,
    'model',
    'push',
    'affine',
    affineNext,
    '--metric',
    'accuracy=0.95',
    '--metric',
    'auc=0.5',
    '--metadata',
    'other.json',
  );
  const { stdout } = await run(place, 'model', 'compare', 'affine', '1', '2');
  expect(stdout).toMatch(/^accuracy +0.9 +0.95 +\+0.05$/m);
  expect(stdout).toMatch(/^auc +- +0.5$/m);
  expect(stdout).toMatch(/^model.onnx +8f8b172c5d3a 128 B +[0-9a-f]{12} 133 B +differs$/m);
  expect(stdout).toMatch(/^parameter depth +- +3$/m);
  const value = await runJson(place, 'model', 'compare', 'affine', '1', '1');
  expect(value).toMatchObject({ breakingChanges: [], tensors: [], lineage: [] });
});

test('a version is compared with the server of its original, and the result decides the gate', async () => {
  const place = placeWithRegistry();
  const push = ['model', 'push', 'affine'];
  await runJson(place, ...push, affine);
  await runJson(place, ...push, affineNext);
  await runJson(place, 'model', 'promote', 'affine', '1');
  const original = await serve(place.folder);
  const request = (data: readonly number[]) =>
    JSON.stringify({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data }],
    });
  writeFileSync(
    join(place.folder, 'captured.jsonl'),
    `${request([1, 2])}\n${request([3, 4, 5, 6])}\n`,
  );
  const parity = ['model', 'parity', 'affine'];
  const rest = ['--original', original, '--rows', 'captured.jsonl', '--max', '1e-4'];

  const before = readTree(place.folder);
  const dry = await runJson(
    place,
    ...parity,
    '1',
    ...rest,
    '--record',
    '--html',
    'p.html',
    '--dry-run',
  );
  expect(dry).toMatchObject({ passed: true, recorded: false });
  expect(readTree(place.folder)).toEqual(before);
  const same = await runJson(place, ...parity, '1', ...rest, '--record', '--html', 'p.html');
  expect(same).toMatchObject({ passed: true, recorded: true, report: { rows: 3, parity: 0 } });
  expect(readFileSync(join(place.folder, 'p.html'), 'utf8')).toContain(
    'Parity of affine version 1',
  );
  await runJson(place, 'model', 'gates', 'set', 'affine', 'champion', 'parity <= 1e-4');
  expect((await run(place, 'model', 'gates', 'check', 'affine', '1')).exitCode).toBe(0);

  const far = await run(place, ...parity, '2', ...rest);
  expect(far.exitCode).toBe(1);
  expect(far.stdout).toContain('on 3 rows; maximum absolute difference: 1.00e+2');
  expect(far.stdout).toMatch(/^ +0 {2}y +1.00e\+2 +3 +103 {2}1, 2$/m);
  expect(far.stderr).toContain('[ERR_CLI_CHECK_FAILED]');
  const versions = await runJson(
    place,
    ...parity,
    '2',
    '--original',
    'affine@1',
    '--rows',
    'captured.jsonl',
  );
  expect(versions).toMatchObject({ original: 'affine version 1', report: { parity: 100 } });
  const file = await runJson(
    place,
    ...parity,
    '2',
    '--original',
    affineNext,
    '--rows',
    'captured.jsonl',
  );
  expect(file).toMatchObject({ original: 'affine-next.onnx', report: { parity: 0 } });
});

test('rows for which both models give NaN or an infinity are equal', async () => {
  const place = placeWithRegistry();
  await runJson(place, 'model', 'push', 'affine', affine);
  const input = { name: 'x', datatype: 'FP32', shape: [3, 2] };
  const data = [null, 1, 'Infinity', 2, '-Infinity', 3];
  const rows = JSON.stringify({ inputs: [{ ...input, data }] });
  writeFileSync(join(place.folder, 'rows.jsonl'), rows);
  const parity = ['model', 'parity', 'affine', '1', '--rows', 'rows.jsonl'];
  const found = await runJson(place, ...parity, '--original', affine);
  expect(found).toMatchObject({ report: { rows: 3, parity: 0 } });
});

test('golden examples hold the outputs of the original', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(affineGolden));
  await runJson(place, 'model', 'push', 'affine', affine, '--golden', 'golden.json');
  const found = await run(place, 'model', 'parity', 'affine', '1');
  expect(found.stdout).toContain('Compared with the expected outputs of the rows on 2 rows');
  expect(found.stdout).toContain('No element differs.');
});

test('an original that cannot be reached is an error that names the fix', async () => {
  const place = placeWithRegistry();
  writeFileSync(join(place.folder, 'golden.json'), JSON.stringify(affineGolden));
  await runJson(place, 'model', 'push', 'affine', affine, '--golden', 'golden.json');
  const ask = (original: string) =>
    run(place, 'model', 'parity', 'affine', '1', '--original', original);
  const server = createServer((request, response) => {
    const refused = request.headers.authorization !== 'Bearer fl_key';
    response.writeHead(refused ? 401 : 200).end('{"error": "no key"}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const refused = await ask(`http://127.0.0.1:${port}/v2/models/affine`);
  expect(refused.exitCode).toBe(5);
  expect(refused.stderr).toContain('401 {"error": "no key"}; set FAIRLEAD_API_KEY');
  const withKey = { ...place, env: { ...place.env, FAIRLEAD_API_KEY: 'fl_key' } };
  const odd = await run(
    withKey,
    'model',
    'parity',
    'affine',
    '1',
    '--original',
    `http://127.0.0.1:${port}/v2/models/affine/infer`,
  );
  expect(odd.stderr).toContain('the response has no "outputs"');
  expect((await ask('http://127.0.0.1:1/v2/models/affine')).exitCode).toBe(5);
  for (const wrong of [
    'http://127.0.0.1/',
    'http://user:secret@127.0.0.1/v2/models/a',
    'nowhere.onnx',
  ]) {
    const { exitCode, stderr } = await ask(wrong);
    expect(exitCode).toBe(2);
    expect(stderr).not.toContain('secret');
  }
  expect((await ask('affine@7')).exitCode).toBe(4);
});
