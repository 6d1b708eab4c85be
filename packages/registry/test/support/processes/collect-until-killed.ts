import { collectGarbage, pruneVersions } from '@fairlead/registry/maintenance';
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { ModelRegistry, openStore } from '@fairlead/registry';
import { sharedContent } from './shared-content.ts';

// Pushes, prunes and collects until it is killed; each line is written once the registry has acknowledged.
const [, , location = '', actor = ''] = process.argv;
const store = await openStore(location);
const registry = new ModelRegistry({ store });
const acknowledge = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

acknowledge({ ready: true });
for (;;) {
  const { manifest } = await registry.push({
    model: 'scratch',
    runtime: { name: 'onnx' },
    signature: { inputs: [], outputs: [] },
    files: { 'model.onnx': randomBytes(50_000), 'scaler.bin': sharedContent() },
    actor,
  });
  acknowledge({ pushed: manifest.version, seal: manifest.seal });
  const { pruned } = await pruneVersions(store, 'scratch', { keepLast: 2, actor });
  acknowledge({ pruned });
  const { removed } = await collectGarbage(store, { graceMs: 0 });
  acknowledge({ collected: removed.length });
}
