import { importModels } from '@fairlead/registry/maintenance';
import { writeSync } from 'node:fs';
import { openStore } from '@fairlead/registry';

// Imports an export again and again until it is killed, and writes a line for each object that is there by then.
const [, , location = '', , from = ''] = process.argv;
const store = await openStore(location);
const acknowledge = (what: object): void => {
  writeSync(1, `${JSON.stringify(what)}\n`);
};

acknowledge({ ready: true });
for (;;) {
  await importModels(store, from, {
    onProgress: (done) => {
      acknowledge({ done });
    },
  });
  acknowledge({ imported: true });
}
