import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { captureRequests } from './captured-requests.ts';
import { type Place, run } from './fairlead.ts';
import { hostDeployment } from './host-deployment.ts';
import { affine, affineGolden, affineNext } from './models.ts';

const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { exampleMeasurement } = await import('@fairlead/sizing');
const { baselineDigest, decodeBaseline, emptyWindow, openWindowStore } =
  await import('@fairlead/windows');

/** A folder that MLflow itself wrote, of the registry's tests. */
const mlflow = new URL('../../../registry/test/sources/mlflow/external-data', import.meta.url);

const spec = { datatype: 'FP32', shape: [-1, 2] };
const signature = { inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] };

/** Fills a folder with all that the examples of docs/cli.md name: a registry of two models, files, keys, backups. */
export async function prepareExamples({ folder, env = {} }: Place): Promise<void> {
  const bob = { folder, env: { ...env, FAIRLEAD_ACTOR: 'bob' } };
  const call = async (...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await run(bob, ...args);
    if (exitCode !== 0) throw new Error(`fairlead ${args.join(' ')}: ${stderr}`);
  };
  writeFiles(folder);
  const git = ['-c', 'user.name=ada', '-c', 'user.email=ada@example', 'commit', '--quiet'];
  execFileSync('git', ['init', '--quiet', '--template='], { cwd: folder });
  execFileSync('git', [...git, '--allow-empty', '-m', 'train'], { cwd: folder });
  await call('registry', 'init');
  const push = ['--metric', 'accuracy=0.97', '--skip-validation'];
  for (const version of [1, 2, 3, 4, 5, 6, 7]) {
    const odd = version % 2 === 1;
    const golden = odd ? ['--golden', 'golden.json'] : ['--card', 'card.md'];
    await call('model', 'push', 'digits', odd ? affine : affineNext, ...push, ...golden);
  }
  await call('model', 'promote', 'digits', '1');
  await call('model', 'promote', 'digits', '2');
  await call('model', 'promote', 'digits', '4', '--alias', 'candidate');
  await call('model', 'tag', 'digits', 'stage=testing', '--of', '3');
  await call('model', 'push', 'iris', affine, '--skip-validation', '--baseline', 'iris.csv');
  await call('model', 'promote', 'iris', '1');
  await recordWindows(join(folder, 'registry'));
  await captureRequests(folder, { model: 'iris', version: '1' }, [
    { id: 'a1', at: Date.now() - 60_000, key: 'user 7' },
    { id: 'a2', at: Date.now() - 60_000 },
  ]);
  await call('registry', 'backup', 'backups/2030-01-31.tar');
  await call('key', 'signing', 'release');
  await call('model', 'sign', 'digits', '3', '--key', 'release.private.pem');
  await call('key', 'create', '--client', 'acme', '--scope', 'infer:*');
  await call('render', 'deployment.ts', '--out', 'rendered');
}

/** Stores windows of two requests to iris, in each of the last two finished hours. */
async function recordWindows(registry: string): Promise<void> {
  const store = await openWindowStore({ objects: folderStore(registry) });
  const { manifest } = await new ModelRegistry({ store: folderStore(registry) }).openVersion(
    'iris',
    1,
  );
  const baseline = decodeBaseline(manifest.baseline);
  const columns = (list: typeof baseline.features) =>
    list.map(({ name, counts }) => ({ name, counts }));
  const hour = Math.floor((Date.now() - 600_000) / 3_600_000) * 3_600_000;
  for (const from of [hour - 7_200_000, hour - 3_600_000]) {
    await store.add({
      ...emptyWindow({ model: 'iris', version: '1' }, from, from + 300_000),
      ...{ baseline: baselineDigest(baseline), requests: 2, rows: 2 },
      ...{ features: columns(baseline.features), outputs: columns(baseline.outputs) },
    });
  }
}

function writeFiles(folder: string): void {
  const write = (path: string, content: unknown): void => {
    const text = typeof content === 'string' ? content : JSON.stringify(content);
    writeFileSync(join(folder, path), text);
  };
  for (const each of ['backups', 'service', 'trained/digits', 'mlruns/1/models/m-0c1', 'scratch']) {
    mkdirSync(join(folder, each), { recursive: true });
  }
  cpSync(affine, join(folder, 'model.onnx'));
  cpSync(affine, join(folder, 'trained/digits/model.onnx'));
  cpSync(fileURLToPath(mlflow), join(folder, 'mlruns/1/models/m-0c1/artifacts'), {
    recursive: true,
  });
  write('trained/digits/metadata.json', {
    metrics: { accuracy: 0.98 },
    goldenExamples: affineGolden,
  });
  write('service/app.py', 'app = None\n');
  write('service/requirements.txt', 'flask==3.1.2\n');
  write('service/metadata.json', { signature, goldenExamples: affineGolden });
  write('churn.json', exampleMeasurement);
  write('golden.json', affineGolden);
  write('card.md', 'Digits of letters.\n');
  write('report.html', '<p>Fair.</p>\n');
  write('test.csv', 'x.0,x.1\n1,2\n3,4\n');
  write('train.csv', 'x.0,x.1,digit\n1,2,0\n3,4,1\n');
  write('labels.csv', 'request_id,label\na1,1\n');
  write('row-labels.csv', 'request_id,row,label\na1,0,1\n');
  write('train.sh', `cp '${affineNext}' "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"\n`);
  write('policy.json', {
    triggers: { labels: { count: 100 } },
    training: { command: ['sh', join(folder, 'train.sh')] },
  });
  write('outcomes.csv', 'order,paid\na1,true\n');
  write('conversions.csv', 'key,metric,value\nuser-7,conversion,1\n');
  write('iris.csv', 'x[0],x[1],y[0],y[1]\n1,2,3,5\n3,4,7,9\n');
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
  write('captured.jsonl', { inputs });
  write('deployment.json', hostDeployment);
  write('deployment.ts', `export const deployment = ${JSON.stringify(hostDeployment)};\n`);
}
