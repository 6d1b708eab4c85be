import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runJson } from '../support/fairlead.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { exampleMeasurement } = await import('@fairlead/sizing');

/**
 * Taxi rides that began in New York in each half hour: demand of people over whole days, with quiet nights, steep mornings and busy evenings.
 *
 * Source: trip records of the NYC Taxi & Limousine Commission, counted by the Numenta Anomaly Benchmark (`realKnownCause/nyc_taxi.csv`, MIT).
 */
const RIDES = {
  '2014-08-26, a Tuesday': [
    9618, 7193, 5665, 4149, 3502, 2634, 2100, 1985, 2053, 1841, 1909, 3547, 5829, 9599, 11323,
    13923, 16029, 18308, 17153, 16723, 15360, 16066, 14643, 15960, 16351, 16173, 15659, 17346,
    17145, 16896, 16746, 15797, 14202, 14083, 16074, 18329, 20961, 22545, 22067, 21416, 21484,
    20731, 20969, 20820, 19650, 18240, 17133, 14907,
  ],
  '2014-08-27, a Wednesday': [
    11703, 8521, 6962, 5451, 4439, 3436, 2741, 2311, 2532, 2066, 2111, 3623, 5719, 9376, 11971,
    14673, 16545, 18678, 17655, 17485, 15834, 15703, 15816, 16870, 17123, 16841, 16700, 17722,
    17849, 18221, 17208, 16318, 14910, 14145, 16330, 19328, 21226, 23109, 24206, 23297, 23493,
    22794, 22502, 22337, 24446, 20929, 17937, 16036,
  ],
  '2014-08-30, a Saturday': [
    20564, 19267, 17439, 14848, 13900, 12731, 10776, 9550, 8605, 5547, 3605, 3238, 3520, 4315, 5116,
    5918, 6383, 8259, 9430, 11656, 11833, 13393, 13778, 15204, 15367, 15775, 16045, 16499, 16113,
    16651, 16507, 16868, 15594, 16037, 16973, 18390, 18681, 19196, 19744, 19564, 17522, 17731,
    17364, 17483, 18037, 19559, 19421, 19857,
  ],
} as const;

const PEAK = 10_000;
const MINUTES = 30;

/** Writes a day as traffic with a peak of 10,000 requests a second; between the middles of half hours it changes evenly. */
function trafficOf(counts: readonly number[]): string {
  const most = Math.max(...counts);
  const lines = Array.from({ length: counts.length * MINUTES }, (_, minute) => {
    const at = Math.min(counts.length - 1, Math.max(0, (minute - MINUTES / 2) / MINUTES));
    const [before = 0, after = before] = [Math.floor(at), Math.ceil(at)].map(
      (each) => counts[each],
    );
    const rides = before + (after - before) * (at - Math.floor(at));
    return `${minute * 60},${((PEAK * rides) / most).toFixed(1)}`;
  });
  return `second,requests_per_second\n${lines.join('\n')}\n`;
}

interface Simulation {
  readonly withinGoal: number;
  readonly hostHours: number;
  readonly mostHosts: number;
  readonly fewestHosts: number;
  readonly oscillations: number;
  readonly fixed: { readonly hosts: number; readonly hostHours: number };
}

/** Simulates a day with the hosts that are recommended for half of its peak. */
async function simulate(counts: readonly number[]): Promise<Simulation> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'model.json'), JSON.stringify(exampleMeasurement));
  writeFileSync(join(folder, 'day.csv'), trafficOf(counts));
  const { simulation } = await runJson(
    { folder },
    ...['size', '--measurement', join(folder, 'model.json'), '--requests-per-second', '5000'],
    ...['--simulate', join(folder, 'day.csv')],
  );
  return simulation as Simulation;
}

const percent = (part: number, whole: number): string => `${Math.round((100 * part) / whole)} %`;

test('over recorded days, the recommended hosts serve all requests within the goal, as docs/sizing.md says', async () => {
  const rows: string[][] = [];
  for (const [day, counts] of Object.entries(RIDES)) {
    const { hostHours, fewestHosts, mostHosts, fixed, ...rest } = await simulate(counts);
    expect(rest.withinGoal).toBeGreaterThan(0.9999);
    expect(hostHours).toBeLessThan(0.75 * 24 * mostHosts);
    rows.push([
      ...[day, `${(100 * rest.withinGoal).toFixed(2)} %`, `${fewestHosts} to ${mostHosts}`],
      ...[hostHours.toFixed(0), percent(hostHours, 24 * mostHosts)],
      ...[`${fixed.hosts}, ${percent(hostHours, fixed.hostHours)}`, String(rest.oscillations)],
    ]);
  }
  const page = readFileSync(new URL('../../../../docs/sizing.md', import.meta.url), 'utf8');
  const shown = page
    .split('\n')
    .filter((line) => line.startsWith('| 2014-'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(shown).toEqual(rows);
});
