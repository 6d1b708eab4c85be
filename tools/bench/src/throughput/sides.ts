import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { createApiKey } from '@fairlead/security';
import { freePort } from './free-port.ts';
import { requestOf, signatureOf, type BenchModel } from './models.ts';
import { startSide, type Pinning, type Side } from './side.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const PATH = '/v2/models/m/infer';
const PEPPER = 'a pepper for a benchmark, 32 bytes or more';

/** Starts one side of the comparison for one model. */
export type SideStarter = (model: BenchModel, pinning: Pinning, folder: string) => Promise<Side>;

/** (a) The whole guarded path of the sample's gateway: key, scope, rate limit, checks, metrics, batching. */
const fairlead: SideStarter = async (model, pinning, folder) => {
  const registryFolder = mkdtempSync(join(folder, 'registry-'));
  const registry = new ModelRegistry({ store: folderStore(registryFolder) });
  const { manifest } = await registry.push({
    model: 'm',
    runtime: { name: 'onnx' },
    signature: signatureOf(model),
    files: { 'model.onnx': model.file },
    actor: 'bench',
  });
  await registry.setAlias('m', 'champion', manifest.version, { actor: 'bench' });
  const { key, record } = createApiKey({ pepper: PEPPER, client: 'bench', scopes: ['infer:*'] });
  const keysFile = join(registryFolder, 'keys.json');
  writeFileSync(keysFile, JSON.stringify({ keys: [record] }));
  const port = await freePort();
  const environment = {
    FAIRLEAD_LISTEN: `127.0.0.1:${port}`,
    FAIRLEAD_REGISTRY: registryFolder,
    FAIRLEAD_KEYS_FILE: keysFile,
    FAIRLEAD_PEPPER: PEPPER,
    FAIRLEAD_RATE_LIMIT: '1000000000',
    // The other sides write no line for each request either.
    FAIRLEAD_LOG_LEVEL: 'warn',
  };
  const command = [
    process.execPath,
    '--conditions=@fairlead/source',
    join(ROOT, 'apps/gateway/src/main.ts'),
  ];
  const target = { port, path: PATH, headers: { Authorization: `Bearer ${key}` } };
  return startSide('Fairlead, guarded', pinning, command, environment, target, requestOf(model));
};

/** (b) Flask under Gunicorn with two workers, on the same ONNX file. */
const flask: SideStarter = async (model, pinning) => {
  const port = await freePort();
  const command = [
    join(ROOT, '.venv/bin/gunicorn'),
    '--workers=2',
    '--worker-class=gthread',
    '--threads=4',
    '--no-control-socket',
    `--bind=127.0.0.1:${port}`,
    `--chdir=${join(ROOT, 'tools/bench/models')}`,
    'flask_app:app',
  ];
  const environment = { BENCH_MODEL: model.file, OMP_NUM_THREADS: '1' };
  return startSide(
    'Flask + Gunicorn',
    pinning,
    command,
    environment,
    { port, path: PATH, headers: {} },
    requestOf(model),
  );
};

const nodeSide =
  (name: string, script: string): SideStarter =>
  async (model, pinning) => {
    const port = await freePort();
    const columns = model.shape.reduce((product, length) => product * length, 1);
    const args = [String(port), model.file, String(columns), ...model.shape.map(String)];
    const command = [process.execPath, here(script), ...args];
    return startSide(
      name,
      pinning,
      command,
      {},
      { port, path: PATH, headers: {} },
      requestOf(model),
    );
  };

/** The sides in the order of the table: (a), (b), (c), (d). */
export const sides: readonly SideStarter[] = [
  fairlead,
  flask,
  nodeSide('naive Express', './server-naive.ts'),
  nodeSide('bare limit', './server-bare.ts'),
];
