import { cachedStore, folderStore, ModelRegistry } from '@fairlead/registry';

// Reads every version a number of times through a cache, and says how many files it got as they were pushed.
const [, , folder = '', cache = '', maxBytes = '', rounds = ''] = process.argv;
let read = 0;
for (let round = 0; round < Number(rounds); round += 1) {
  const store = cachedStore(folderStore(folder), { folder: cache, maxBytes: Number(maxBytes) });
  const registry = new ModelRegistry({ store });
  for (const { version } of await registry.listVersions('digits')) {
    const opened = await registry.openVersion('digits', version);
    const bytes = await opened.read('model.onnx');
    if (bytes.every((byte) => byte === version)) read += 1;
  }
}
process.stdout.write(JSON.stringify(read));
