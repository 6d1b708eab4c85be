import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openStore } from '@fairlead/registry';
import { raceForAlias } from './alias-race.ts';
import { killWriters } from './kill-writers.ts';
import { startLocalS3 } from './local-s3.ts';
import { surviveOutage } from './outage.ts';

// npm run soak -- registry-writers|registry-kills [--store folder|s3] [--writers 64] [--rounds 1000]
//   [--kills 500] [--at-a-time 6] [--kills-per-registry 100]
// npm run soak -- registry-outage [--away-seconds 30]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    store: { type: 'string', default: 'folder' },
    writers: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '1000' },
    kills: { type: 'string', default: '500' },
    'at-a-time': { type: 'string', default: '6' },
    'away-seconds': { type: 'string', default: '30' },
    'kills-per-registry': { type: 'string', default: '100' },
  },
});
const [what = 'registry-writers'] = positionals;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const folder = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
const s3 =
  values.store === 's3' || what === 'registry-outage' ? await startLocalS3(process.env) : undefined;
const location = s3?.location ?? folder;
try {
  if (what === 'registry-writers') {
    const [writers, rounds] = [Number(values.writers), Number(values.rounds)];
    print(`${writers} processes, each changes one alias ${rounds} times, in ${location}`);
    const { won, lost, seconds } = await raceForAlias(location, writers, rounds);
    print(
      `${won} entries, each with one winner; ${lost} conflicts that name the writer; registry verified; ${seconds.toFixed(0)} s`,
    );
  } else if (what === 'registry-kills') {
    await killInTurn(Number(values.kills), Number(values['at-a-time']));
  } else if (what === 'registry-outage') {
    await outage(Number(values['away-seconds']));
  } else {
    print(`${what} is no soak of the registry: registry-writers, registry-kills, registry-outage`);
    process.exitCode = 2;
  }
} finally {
  await s3?.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Of an S3 that is reached with the settings that everybody has. */
async function outage(seconds: number): Promise<void> {
  if (s3 === undefined) return;
  const { proxy } = s3;
  const store = await openStore(location);
  const afterMs = await surviveOutage({ store, proxy, awayMs: seconds * 1000 });
  print(
    `S3 was away for ${seconds} s under two pushes, a promotion, a rollback, a collection and a follower: ` +
      `all of them ended right, the last ${afterMs.toFixed(0)} ms after it was back; registry verified`,
  );
}

/** In one registry after the other: each round reads everything, which would take ever longer in a single one. */
async function killInTurn(kills: number, atATime: number): Promise<void> {
  const each = Number(values['kills-per-registry']);
  const startedAt = performance.now();
  for (let done = 0, number = 1; done < kills; done += each, number += 1) {
    const place = `${location}/${number}`;
    const { killed, acknowledged, versions } = await killWriters({
      location: place,
      kills: Math.min(each, kills - done),
      atATime,
    });
    const counts = Object.entries(acknowledged).map(([kind, count]) => `${count} of ${kind}`);
    const seconds = (performance.now() - startedAt) / 1000;
    print(
      `${done + killed} killed after ${seconds.toFixed(0)} s; in ${place} ${versions} versions; ` +
        `acknowledged and there: ${counts.join(', ')}; registry verified after each ${atATime}`,
    );
  }
}
