import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { raceForAlias } from './alias-race.ts';
import { type KilledWriter, killWriters, pushAndPromote } from './kill-writers.ts';
import { startLocalS3 } from './local-s3.ts';

// npm run soak -- registry-writers|registry-kills [--store folder|s3] [--writers 64] [--rounds 1000] [--kills 500]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: 'folder' },
    writers: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '500' },
    'at-a-time': { type: 'string', default: '4' },
  },
});
/** Whoever is killed: each kind has a script that runs until then, and a check of what it was told. */
const kinds: readonly KilledWriter[] = [pushAndPromote];
const [what = 'registry-writers'] = positionals;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
const s3 = values.store === 's3' ? await startLocalS3(process.env) : undefined;
const location = s3?.location ?? folder;
try {
  if (what === 'registry-writers') {
    const [writers, rounds] = [Number(values.writers), Number(values.rounds)];
    print(`${writers} processes, each changes one alias ${rounds} times, in ${location}`);
    const { won, lost, seconds } = await raceForAlias(location, writers, rounds);
    print(
      `${won} entries, each with one winner; ${lost} losers, each told who won; verify clean; ${seconds.toFixed(0)} s`,
    );
  } else if (what === 'registry-kills') {
    const [kills, atATime] = [Number(values.kills), Number(values['at-a-time'])];
    print(`${kills} writers that push and promote, killed at random moments, in ${location}`);
    const report = await killWriters({
      location,
      kills,
      kinds,
      atATime,
      onRound: (killed) => {
        if (killed % 50 < atATime) print(`${killed} killed, verify clean each time`);
      },
    });
    const { killed, acknowledged, versions } = report;
    print(
      `${killed} killed; ${acknowledged} acknowledgements, none lost; ${versions} versions; verify clean each time`,
    );
  } else {
    print(`${what} is no soak of the registry: registry-writers, registry-kills`);
    process.exitCode = 2;
  }
} finally {
  await s3?.stop();
  rmSync(folder, { recursive: true, force: true });
}
