import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { collectGarbage, folderStore, ModelRegistry, pruneVersions } from '@fairlead/registry';

// Pushes, prunes and collects until it is killed; each line is written once something was done.
const [, , folder = '', actor = ''] = process.argv;
const store = folderStore(folder);
const registry = new ModelRegistry({ store });

for (let round = 0; ; round += 1) {
  const files = { 'model.onnx': round % 2 === 0 ? Buffer.from('shared') : randomBytes(50_000) };
  const runtime = { name: 'onnx' as const };
  const signature = { inputs: [], outputs: [] };
  await registry.push({ model: 'digits', runtime, signature, files, actor });
  await pruneVersions(store, 'digits', { keepLast: 2, actor });
  await collectGarbage(store, { graceMs: 0 });
  writeSync(1, `${JSON.stringify({ round })}\n`);
}
