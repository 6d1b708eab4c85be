import { folderStore, ModelRegistry } from '@fairlead/registry';

// Pushes one file, and prints by how much the maximum memory of the process grew.
const [, , folder = '', file = ''] = process.argv;
const registry = new ModelRegistry({ store: folderStore(folder, { create: true }) });
const maxBytes = (): number => process.resourceUsage().maxRSS * 1024;

const before = maxBytes();
const { manifest } = await registry.push({
  model: 'big',
  runtime: { name: 'onnx' },
  signature: { inputs: [], outputs: [] },
  files: { 'model.onnx': file },
  actor: 'test',
});
process.stdout.write(
  JSON.stringify({ grownBytes: maxBytes() - before, size: manifest.files[0]?.size }),
);
