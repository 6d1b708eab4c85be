import { Child } from '../../src/child.ts';

const [logs = '', ...command] = process.argv.slice(2);
const child = new Child(
  {
    name: 'program',
    command: command as [string, ...string[]],
    environment: { PATH: process.env.PATH ?? '' },
    workingFolder: logs,
    stopSignal: 'SIGTERM',
  },
  logs,
);
process.stdout.write(`${child.pid ?? 0}\n`);
