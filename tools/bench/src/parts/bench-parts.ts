import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { createApiKey } from '@fairlead/security';
import { createSignatureCheck, type Tensor } from '@fairlead/signature';
import { freePort } from '../servers/free-port.ts';
import { load, requireWrk } from '../servers/load.ts';
import { benchModels, requestOf, signatureOf, type BenchModel } from '../servers/models.ts';
import { nodeCommand, startSide } from '../servers/side.ts';

const SERVER = fileURLToPath(new URL('./server-parts.ts', import.meta.url));
const PEPPER = 'a pepper for a benchmark, 32 bytes or more';
const CONNECTIONS = 64;
const CHECKS = 100_000;
const STEPS = [
  'inference handler alone',
  '+ HTTP and inference metrics',
  '+ request log (level warn)',
  '+ request id, security headers',
  '+ body limit',
  '+ key and scope',
  '+ rate limit',
  '+ traces, without an SDK',
];

/** Cost of each step before the model: processor time of the whole process per request. */
export async function benchParts(
  { seconds, folder }: { readonly seconds: number; readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  requireWrk();
  const model = benchModels(folder).find(({ name }) => name === 'medium');
  if (model === undefined) throw new Error('The benchmark has no model "medium"');
  const registry = mkdtempSync(join(folder, 'registry-'));
  const store = new ModelRegistry({ store: folderStore(registry) });
  const { manifest } = await store.push({
    model: 'm',
    runtime: { name: 'onnx' },
    signature: signatureOf(model),
    files: { 'model.onnx': model.file },
    actor: 'bench',
  });
  await store.setAlias('m', 'champion', manifest.version, { actor: 'bench' });
  const { key, record } = createApiKey({ pepper: PEPPER, client: 'bench', scopes: ['infer:*'] });
  writeFileSync(join(registry, 'keys.json'), JSON.stringify({ keys: [record] }));

  print(
    `What each step costs: model medium, ${CONNECTIONS} connections, ${seconds} s each; processor time of all threads.`,
  );
  print('');
  print('| steps | requests/s | CPU µs/request | more than the row above |');
  print('| --- | ---: | ---: | ---: |');
  let last = NaN;
  for (const [count, step] of STEPS.entries()) {
    const port = await freePort();
    const side = await startSide(
      step,
      nodeCommand(SERVER, String(port), registry, PEPPER, String(count)),
      {},
      { port, path: '/v2/models/m/infer', headers: { Authorization: `Bearer ${key}` } },
      requestOf(model),
    );
    try {
      const options = { connections: CONNECTIONS, folder };
      await load(side, requestOf(model), { ...options, seconds: 2 });
      const row = await load(side, requestOf(model), { ...options, seconds });
      const more = Number.isNaN(last) ? '' : (row.cpuMicroseconds - last).toFixed(1);
      print(
        `| ${step} | ${row.requestsPerSecond.toFixed(0)} | ${row.cpuMicroseconds.toFixed(1)} | ${more} |`,
      );
      last = row.cpuMicroseconds;
    } finally {
      await side.stop();
    }
  }
  print('');
  print(
    `The check of one request against the signature, within the first row: ${timeCheck(model).toFixed(2)} µs.`,
  );
}

function timeCheck(model: BenchModel): number {
  const check = createSignatureCheck(signatureOf(model).inputs);
  const shape = [1, ...model.shape];
  const data = new Float32Array(shape.reduce((product, length) => product * length, 1));
  const input: Tensor = { name: 'x', datatype: 'FP32', shape, data };
  const startedAt = performance.now();
  for (let round = 0; round < CHECKS; round++) check([input]);
  return ((performance.now() - startedAt) * 1000) / CHECKS;
}
