import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderStore } from '@fairlead/registry';
import { openWindowStore, WindowRecorder, type Window } from '@fairlead/windows';
import { FEATURES, LABEL, syntheticBaseline, syntheticRequest } from './synthetic-model.ts';

const DAY_MS = 86_400_000;
const SLOT_MS = 300_000;
const ROWS_PER_WINDOW = 500;
const HOSTS = 50;
const SCRIPTS = { read: 'read-day.ts', memory: 'recorder-memory.ts' };

/** Output of {@link SCRIPTS}. */
interface Measured {
  readonly seconds: number;
  readonly megabytes: number;
}

/**
 * Measures reading and judging a day of windows of 50 hosts, each in a separate process, before and after hours and days are rolled up;
 * and the memory of a recorder.
 */
export async function benchWindows(
  { folder }: { readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  const root = mkdtempSync(join(folder, 'windows-'));
  try {
    const count = await writeDay(root);
    print(`${HOSTS} hosts, a day, ${count} windows of ${FEATURES} features, in a folder.`);
    print('');
    print('| what | seconds | resident memory, MB | goal |');
    print('| --- | ---: | ---: | --- |');
    const row = (what: string, { seconds, megabytes }: Measured, goal: string): void => {
      print(`| ${what} | ${seconds.toFixed(1)} | ${megabytes.toFixed(0)} | ${goal} |`);
    };
    row('read and judged by hour, without roll-ups', run('read', root, 'plain'), '≤ 10 s');
    row('the same, and rolled up for the next reader', run('read', root, 'roll-up'), '');
    row('read and judged by hour, from roll-ups', run('read', root, 'plain'), '≤ 10 s');
    const { seconds, megabytes } = run('memory');
    print('');
    print(
      `A recorder of 10 models with ${FEATURES} features each: ${megabytes.toFixed(1)} MB more memory (goal: ≤ 20 MB), after ${seconds.toFixed(1)} s of requests.`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Writes the windows of all hosts; resolves to their number. */
async function writeDay(root: string): Promise<number> {
  const objects = folderStore(root);
  const from = lastDay();
  const stores = await Promise.all(
    Array.from({ length: HOSTS }, () => openWindowStore({ objects, rollUp: false })),
  );
  const baseline = syntheticBaseline();
  let count = 0;
  for (let slot = from; slot < from + DAY_MS; slot += SLOT_MS) {
    const windows: Window[] = [];
    const recorder = new WindowRecorder({
      store: {
        add: (window) => {
          windows.push(window);
          return Promise.resolve();
        },
      },
      baselineOf: () => baseline,
      slotMs: SLOT_MS,
      now: () => slot,
    });
    recorder.record({ label: LABEL, ...syntheticRequest(ROWS_PER_WINDOW, slot / SLOT_MS) });
    await recorder.flush();
    await recorder.close();
    // The same counts from every host: only their number matters here.
    for (const window of windows)
      for (const store of stores) {
        await store.add(window);
        count += 1;
      }
  }
  for (const store of stores) await store.close();
  return count;
}

/** Begin of the last whole day. */
function lastDay(): number {
  return Math.floor(Date.now() / DAY_MS - 1) * DAY_MS;
}

function run(script: keyof typeof SCRIPTS, ...args: readonly string[]): Measured {
  const path = fileURLToPath(new URL(SCRIPTS[script], import.meta.url));
  const options = ['--conditions=@fairlead/source', '--expose-gc', path, ...args];
  const output = execFileSync(process.execPath, options, { encoding: 'utf8' });
  return JSON.parse(output) as Measured;
}
