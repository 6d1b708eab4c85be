import { randomBytes, randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { AliasConflictError, ModelRegistry, openStore } from '@fairlead/registry';

// Pushes versions and moves an alias until it is killed; each line is written once the registry has acknowledged.
const [, , location = '', actor = ''] = process.argv;
const registry = new ModelRegistry({ store: await openStore(location) });
const acknowledge = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

// Some are large enough to go to S3 in parts.
const modelBytes = (): number =>
  location.startsWith('s3:') && randomInt(8) === 0 ? 9 * 1024 * 1024 : 200_000;

acknowledge({ ready: true });
for (;;) {
  const { manifest } = await registry.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: { inputs: [], outputs: [] },
    files: { 'model.onnx': randomBytes(modelBytes()), 'scaler.bin': randomBytes(3000) },
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
