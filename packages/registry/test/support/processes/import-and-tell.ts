import { writeSync } from 'node:fs';
import { folderStore, importModels } from '@fairlead/registry';

// Imports an export, and writes a line for each object that is there.
const [, , folder = '', from = ''] = process.argv;
writeSync(1, 'ready\n');
await importModels(folderStore(folder), from, {
  onProgress: (done, total) => {
    writeSync(1, `${done}/${total}\n`);
  },
});
