import { splitBatch } from '../scheduling/pack-batch.ts';
import { MIN_SAMPLES, type Sample } from './row-trial.ts';

/** Maximum share of equal rows of an output: above it, another row's value looks like the right one. */
const MAX_EQUAL_SHARE = 0.75;

/** Describes an output that is nearly the same for all rows, which shows nothing about them; undefined when there is none. */
export function findUniformOutput(samples: readonly Sample[]): string | undefined {
  if (samples.length < MIN_SAMPLES) {
    return `it takes only ${samples.length} of the requests that were drawn, which show nothing`;
  }
  for (const { name } of samples[0]?.outputs ?? []) {
    const counts = new Map<string, number>();
    let total = 0;
    for (const { outputs, rows } of samples) {
      const output = outputs.filter((each) => each.name === name);
      for (const part of splitBatch(output, new Array<number>(rows).fill(1)) ?? []) {
        const text = part.map(({ data }) => Array.from(data, String).join()).join();
        counts.set(text, (counts.get(text) ?? 0) + 1);
        total += 1;
      }
    }
    const most = Math.max(...counts.values());
    if (most > total * MAX_EQUAL_SHARE) {
      return `output "${name}" is the same for ${most} of ${total} different rows, which hides whether they influence each other`;
    }
  }
  return undefined;
}
