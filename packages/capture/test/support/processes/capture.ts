// Captures requests until it is killed, and writes the number of requests that are in files to stdout.
import { writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCapture } from '@fairlead/capture';
import { inference, signature } from '../churn.ts';

const [spoolFolder = '', name = ''] = process.argv.slice(2);
const recorder = await openCapture({
  spoolFolder,
  sink: {
    async add({ path }) {
      await readFile(path);
      throw new Error('the store is away');
    },
  },
  signatureOf: () => signature,
  share: 1,
  maxRows: 50,
});
for (let count = 1; ; count += 1) {
  recorder.record(inference(`${name}-${count}`));
  if (count % 120 !== 0) continue;
  await recorder.flush();
  writeSync(1, `${count}\n`);
  await sleep(1);
}
