import { folderStore, ModelRegistry } from '@fairlead/registry';

// Pushes one file, and says by how much that raised the greatest memory this process ever had.
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
