import { randomBytes, randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { AliasConflictError, type AliasEntry, ModelRegistry, openStore } from '@fairlead/registry';
import { sharedContent } from './shared-content.ts';

// Pushes versions and moves an alias until it is killed; each line is written once the registry has acknowledged.
const [, , location = '', actor = ''] = process.argv;
const registry = new ModelRegistry({ store: await openStore(location) });
const acknowledge = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

// Some are large enough to go to S3 in parts.
const modelBytes = (): number =>
  location.startsWith('s3:') && randomInt(8) === 0 ? 9 * 1024 * 1024 : 100_000;

async function change(alias: Promise<AliasEntry>): Promise<void> {
  try {
    const entry = await alias;
    acknowledge({ set: entry.number, seal: entry.seal });
  } catch (error) {
    if (!(error instanceof AliasConflictError)) throw error;
    acknowledge({ conflict: true });
  }
}

acknowledge({ ready: true });
for (;;) {
  const { manifest } = await registry.push({
    model: 'digits',
    runtime: { name: 'onnx' },
    signature: { inputs: [], outputs: [] },
    files: { 'model.onnx': randomBytes(modelBytes()), 'scaler.bin': sharedContent() },
    actor,
  });
  acknowledge({ pushed: manifest.version, seal: manifest.seal });
  await change(registry.setAlias('digits', 'champion', manifest.version, { actor }));
  if (randomInt(4) > 0) continue;
  const history = await registry.history('digits', 'champion');
  const newest = history.at(-1);
  // Only what was set over something else can be rolled back for sure.
  if (newest?.action === 'set' && newest.previous !== null) {
    const { version: expected } = newest;
    await change(registry.rollback('digits', 'champion', { actor, expected }));
  }
}
