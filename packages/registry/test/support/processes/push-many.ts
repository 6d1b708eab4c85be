import { folderStore, ModelRegistry } from '@fairlead/registry';

// Pushes a number of versions, and says which numbers they got.
const [, , folder = '', actor = '', count = ''] = process.argv;
const registry = new ModelRegistry({ store: folderStore(folder) });
const versions: number[] = [];
for (let round = 0; round < Number(count); round += 1) {
  const { manifest } = await registry.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: { inputs: [], outputs: [] },
    files: {
      'model.onnx': Buffer.from(`${actor} ${round}`),
      shared: Buffer.from(`round ${round}`),
    },
    actor,
  });
  versions.push(manifest.version);
}
process.stdout.write(JSON.stringify(versions));
