// Captures requests where a file has a limit, and writes what was counted and what a sink was passed to stdout.
import { writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { openCapture } from '@fairlead/capture';
import { inference, signature } from '../churn.ts';
import { memorySink } from '../memory-sink.ts';

const [spoolFolder = ''] = process.argv.slice(2);
const { sink, requests } = memorySink();
const recorder = await openCapture({ spoolFolder, sink, signatureOf: () => signature, share: 1 });
const rounds = [5, 3000, 5, 300, 7];
for (const [round, count] of rounds.entries()) {
  for (let index = 0; index < count; index += 1) {
    recorder.record(inference(`${round}-${index}`));
    // Several writes for a file, of which a later one fails.
    if (index % 150 === 0) await setTimeout(2);
  }
  await recorder.flush();
}
const { captured, seen, lost } = recorder.counts;
const stored = requests().length;
writeSync(1, JSON.stringify({ captured, seen, failed: lost['write-failed'], stored }));
await recorder.close();
