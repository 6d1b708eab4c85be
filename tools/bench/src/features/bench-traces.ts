import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fairlead } from '../servers/sides.ts';
import { compareSides, type CompareOptions } from './compare-sides.ts';

/** Requests a second of one row of 30 features, without traces, with none of them sampled, and with one in a hundred and all of them exported. */
export async function benchTraces(
  options: CompareOptions,
  print: (line: string) => void,
): Promise<void> {
  const { starts, rounds, seconds } = options;
  print(
    `Traces: one row of 30 features a request, JSON, from clients without a trace; ${starts} starts of the processes, with ${rounds} rounds of ${seconds} s each, in which the sides take turns.`,
  );
  const collector = createServer((req, res) => {
    req.resume().on('end', () => res.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  const traced = (name: string, ratio: string) =>
    fairlead(name, {
      FAIRLEAD_OTLP_URL: `http://127.0.0.1:${port}`,
      FAIRLEAD_TRACE_RATIO: ratio,
    });
  const sides = [
    fairlead('without traces', {}),
    traced('none sampled', '0'),
    traced('1 % sampled', '0.01'),
    traced('all sampled', '1'),
  ];
  try {
    await compareSides(sides, 'without traces', undefined, options, print);
  } finally {
    collector.close();
    collector.closeAllConnections();
  }
}
