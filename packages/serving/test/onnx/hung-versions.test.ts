import { until } from '@fairlead/test-support/polling';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Seen } from './processes/hung-versions.ts';

const script = fileURLToPath(new URL('./processes/hung-versions.ts', import.meta.url));

/** Runs a scenario in a process, which kills itself: a thread that computes without end can't be ended otherwise. */
function run(scenario: string): Promise<Seen> {
  const args = ['--conditions=@fairlead/source', script, scenario];
  const options = { timeout: 120_000, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, options, (_error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout) as Seen);
      } catch {
        reject(new Error(`${scenario} ended without a result: ${stderr}`));
      }
    });
  });
}

test('a version that hangs when it is loaded is tried twice until its alias moves, and costs one thread', async () => {
  const { attempts, attemptsOfAdministrator, computing, children, reason, ...requests } =
    await run('load');
  expect({ attempts, attemptsOfAdministrator, computing, children }).toEqual({
    attempts: 2,
    attemptsOfAdministrator: 1,
    computing: 1,
    children: 0,
  });
  expect(reason).toMatch(
    /took longer than 1000 ms.*it is not tried again, after 2 attempts that hung, before alias "champion" moves or an administrator loads the model$/,
  );
  expect(requests.refused).toContain(reason);
  expect(requests).toMatchObject({ other: 'answered', moved: 'answered' });
});

test('a served version that hangs computes in processes from then on, which are killed: one thread is lost', async () => {
  const { hung, ...seen } = await run('serve');
  expect(hung).toEqual(
    Array.from({ length: 2 }, () => expect.stringContaining('took longer than 1000 ms') as string),
  );
  expect(seen).toEqual({ computing: 1, children: 1, answered: 'answered', childrenAfterClose: 0 });
});

test('a version that hangs in a shared worker fails no request of the versions beside it', async () => {
  const { hung, others, again, lost, computing } = await run('share');
  expect(hung).toContain('took longer than 1000 ms');
  expect(others).toEqual(Array.from({ length: 6 }, () => 'answered'));
  expect({ again, computing }).toEqual({ again: 'answered', computing: 1 });
  // The one that hung, and the one that shared its worker: which one that is depends on how long each took to load.
  const [ofHung, ...ofOthers] = lost as readonly number[];
  expect({ ofHung, ofOthers: ofOthers.toSorted() }).toEqual({ ofHung: 1, ofOthers: [0, 0, 1] });
});

test('the process of a version that hung ends with the gateway, even while it computes', async () => {
  const { child } = await run('orphan');
  expect(child).toMatch(/^\d+$/);
  await until(() => !existsSync(`/proc/${String(child)}`));
});
