import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import type { EventSender } from '@fairlead/registry/webhooks';
import {
  memoryFolder,
  type MotoServer,
  onnxModel,
  readExamples,
  readMarkdownExamples,
  runExample,
  s3Client,
  startMoto,
  temporaryFolder,
  undocumentedExports,
} from '@fairlead/test-support';
import type { WebhookSender } from '@fairlead/webhooks';
import { afterAll, beforeAll, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { digits } from './support/sample-registry.ts';
import { startReceiver } from './support/webhook-receiver.ts';

const folder = new URL('../', import.meta.url);
const mlflow = fileURLToPath(new URL('sources/mlflow/tensor-spec', import.meta.url));
let sample = '';
let moto: MotoServer;

beforeAll(async () => {
  sample = await makeSample();
  moto = await startMoto();
  const client = s3Client(moto.endpoint);
  await client.send(new CreateBucketCommand({ Bucket: 'models' }));
  client.destroy();
});
afterAll(async () => {
  rmSync(sample, { recursive: true, force: true });
  await moto.stop();
});

/** Makes the folder that the examples run in: a registry with two versions, and models of each kind. */
async function makeSample(): Promise<string> {
  const work = mkdtempSync(join(memoryFolder(), 'fairlead-test-'));
  const store = folderStore(join(work, 'registry'), { create: true });
  const registry = new ModelRegistry({ store });
  for (const [index, accuracy] of [0.95, 0.97].entries()) {
    await registry.push(digits(`weights ${index}`, { metrics: { accuracy } }));
    await registry.setAlias('digits', 'champion', index + 1, { actor: 'ada' });
  }
  copyFileSync(onnxModel('affine'), join(work, 'model.onnx'));
  cpSync(mlflow, join(work, 'mlflow-model'), { recursive: true });
  mkdirSync(join(work, 'flask-model'));
  writeFileSync(join(work, 'flask-model/app.py'), 'app = None\n');
  writeFileSync(join(work, 'flask-model/requirements.txt'), 'flask==3.1.2\n');
  return work;
}

test.each([...readExamples(folder), ...readMarkdownExamples(new URL('README.md', folder))])(
  'the example of $name prints the comments behind its lines',
  async (example) => {
    const work = temporaryFolder();
    cpSync(sample, work, { recursive: true });
    const before = process.cwd();
    process.chdir(work);
    onTestFinished(() => {
      process.chdir(before);
      vi.unstubAllEnvs();
    });
    vi.stubEnv('AWS_ENDPOINT_URL_S3', moto.endpoint);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    if (example.code.includes('WEBHOOK_URL')) {
      const { url } = await startReceiver();
      vi.stubEnv('WEBHOOK_URL', url);
      vi.stubEnv('WEBHOOK_SECRET', `whsec_${Buffer.alloc(32).toString('base64')}`);
    }
    expect(await runExample(folder, example)).toEqual(example.expected);
  },
);

test('every exported function, class and constant has an example', () => {
  expect(undocumentedExports(folder)).toEqual([]);
});

test('a WebhookSender delivers the events of a registry', () => {
  expectTypeOf<WebhookSender>().toExtend<EventSender>();
});
