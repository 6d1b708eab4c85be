import { join } from 'node:path';
import { type BaselineDocument, baselineDocument, createBaseline } from '@fairlead/windows';
import { signatureOf, type BenchModel } from '../servers/models.ts';
import { fairlead } from '../servers/sides.ts';
import { compareSides, type CompareOptions } from './compare-sides.ts';

const BASELINE_ROWS = 1000;
const GOAL = 0.95;

const plain = fairlead('without records', { FAIRLEAD_WINDOWS: 'off' }, baselineOf);
const windowed = fairlead('windows', (folder) => stateOf(folder), baselineOf);
const recorded = fairlead(
  'windows, 10 % captured',
  (folder) => ({
    ...stateOf(folder),
    FAIRLEAD_CAPTURE_LOCATION: join(folder, 'captures'),
    FAIRLEAD_CAPTURE_SHARE: '0.1',
  }),
  baselineOf,
);

/** Requests a second of one row of 30 features, with and without records of them. */
export async function benchRecording(
  options: CompareOptions,
  print: (line: string) => void,
): Promise<void> {
  const { starts, rounds, seconds } = options;
  print(
    `Records: one row of 30 features a request, JSON; all requests are counted in windows; ${starts} starts of the processes, with ${rounds} rounds of ${seconds} s each, in which the sides take turns.`,
  );
  await compareSides([plain, windowed, recorded], 'without records', GOAL, options, print);
}

function stateOf(folder: string): Readonly<Record<string, string>> {
  return { FAIRLEAD_STATE_FOLDER: join(folder, 'state') };
}

/** A baseline with 64 bins for each feature. */
function baselineOf(model: BenchModel): BaselineDocument {
  const { inputs, outputs } = signatureOf(model);
  const column = (seed: number): number[] =>
    Array.from({ length: BASELINE_ROWS }, (_, row) => Math.sin(row * 7 + seed));
  const columns = [...inputs, ...outputs].flatMap(({ name, shape }) =>
    Array.from({ length: shape[1] ?? 1 }, (_, index) => [`${name}[${index}]`, column(index)]),
  );
  const baseline = createBaseline(Object.fromEntries(columns) as Record<string, number[]>, {
    signature: { inputs, outputs },
  });
  return baselineDocument(baseline);
}
