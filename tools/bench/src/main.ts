import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { benchLiveness } from './liveness/bench-liveness.ts';
import { benchThroughput } from './throughput/bench-throughput.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

// npm run bench -- [liveness|throughput …] [--models medium,large] [--connections 1,64] [--seconds 5]
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    models: { type: 'string', default: 'tiny,medium,large,cnn' },
    connections: { type: 'string', default: '1,8,64,256' },
    seconds: { type: 'string', default: '5' },
  },
});
const wanted = positionals.length === 0 ? ['liveness', 'throughput'] : positionals;

print(
  `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; the load comes from the same machine.`,
);
if (wanted.includes('liveness')) {
  print('');
  await benchLiveness(print);
}
if (wanted.includes('throughput')) {
  print('');
  const { models, connections, seconds } = values;
  await benchThroughput(
    {
      models: models.split(','),
      connections: connections.split(',').map(Number),
      seconds: Number(seconds),
    },
    print,
  );
}
