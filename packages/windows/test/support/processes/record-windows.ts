// Records requests in windows of a second until it is killed, and writes the requests of each stored window to stdout.
import { writeSync } from 'node:fs';
import { openWindowStore, WindowRecorder } from '@fairlead/windows';
import { folderObjects } from '../folder-objects.ts';

const [root = '', spoolFolder = '', begin = '0'] = process.argv.slice(2);
const store = await openWindowStore({ objects: folderObjects(root), spoolFolder });
let now = Number(begin);
const recorder = new WindowRecorder({
  store: {
    async add(window) {
      await store.add(window);
      writeSync(1, `${window.requests}\n`);
    },
  },
  slotMs: 1000,
  jitterMs: 0,
  now: () => now,
});
for (;;) {
  const finished = { model: 'churn', version: '3', outcome: 'success', rows: 1 } as const;
  for (let request = 0; request < 7; request += 1) {
    recorder.inferenceFinished({ ...finished, requestDurationMs: request });
  }
  now += 1000;
  await recorder.flush();
}
