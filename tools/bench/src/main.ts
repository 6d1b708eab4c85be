import { availableParallelism, cpus } from 'node:os';
import { benchLiveness } from './liveness.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(
  `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}; the load comes from the same machine.`,
);
print('');
await benchLiveness(print);
