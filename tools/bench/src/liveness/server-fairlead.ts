import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { inferenceHandler, ModelServer } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { reportPort } from '../report-port.ts';
import { slowModelFile, slowSignature } from './slow-model.ts';

// Our side: the model in a worker thread, behind the registry and the protocol.
const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
process.on('exit', () => {
  rmSync(folder, { recursive: true });
});
const source = new ModelRegistry({ store: folderStore(folder) });
const { manifest } = await source.push({
  model: 'slow',
  runtime: { name: 'onnx' },
  signature: slowSignature,
  files: { 'model.onnx': slowModelFile },
  actor: 'bench',
});
await source.setAlias('slow', 'champion', manifest.version, { actor: 'bench' });
const models = new ModelServer({ source, runtimes: { onnx: onnxRuntime({ intraOpThreads: 1 }) } });
await models.serve('slow');
const handler = inferenceHandler(models);
reportPort(
  createServer((req, res) => {
    handler(req, res);
  }),
);
