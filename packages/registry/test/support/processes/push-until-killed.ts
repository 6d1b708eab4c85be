import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { AliasConflictError, folderStore, ModelRegistry } from '@fairlead/registry';

// Pushes versions and moves an alias until it is killed; each line is written once the registry has acknowledged.
const [, , folder = '', actor = ''] = process.argv;
const registry = new ModelRegistry({ store: folderStore(folder) });
const acknowledge = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

acknowledge({ ready: true });
for (;;) {
  const { manifest } = await registry.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: { inputs: [], outputs: [] },
    files: { 'model.onnx': randomBytes(200_000), 'scaler.bin': randomBytes(3000) },
    actor,
  });
  acknowledge({ pushed: manifest.version, seal: manifest.seal });
  try {
    const entry = await registry.setAlias('digits', 'champion', manifest.version, { actor });
    acknowledge({ set: entry.number, seal: entry.seal });
  } catch (error) {
    if (!(error instanceof AliasConflictError)) throw error;
    acknowledge({ conflict: true });
  }
}
