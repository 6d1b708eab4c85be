import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { percentile } from '../percentile.ts';
import type { CaptureTimes } from './capture-requests.ts';

const SCRIPT = fileURLToPath(new URL('./capture-requests.ts', import.meta.url));

/** Options of {@link benchCapture}. */
export interface BenchCaptureOptions {
  /** Number of processes for each row of the table. */
  readonly rounds: number;
  readonly folder: string;
}

/**
 * Processor time of captured requests of one row of 30 features: of a recorder alone, without a server. Processor time depends less
 * than a throughput on what else the machine does.
 */
export function benchCapture(
  { rounds, folder }: BenchCaptureOptions,
  print: (line: string) => void,
): void {
  print(
    `Captured requests: one row of 30 features, recorder alone, medians of ${rounds} processes; for each captured request, with the decision about those that aren't.`,
  );
  print('');
  print('| input | captured | main thread, µs | process, µs |');
  print('| --- | ---: | ---: | ---: |');
  for (const input of ['tensor', 'columns']) {
    for (const share of [0.1, 1]) {
      const times = Array.from({ length: rounds }, () => run(folder, input, share));
      const cells = [
        input === 'tensor' ? 'one tensor' : '30 columns',
        `${share * 100} %`,
        percentile(
          times.map(({ mainUs }) => mainUs),
          0.5,
        ).toFixed(1),
        percentile(
          times.map(({ processUs }) => processUs),
          0.5,
        ).toFixed(1),
      ];
      print(`| ${cells.join(' | ')} |`);
    }
  }
}

function run(folder: string, input: string, share: number): CaptureTimes {
  const args = ['--conditions=@fairlead/source', SCRIPT, folder, input, String(share)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as CaptureTimes;
}
