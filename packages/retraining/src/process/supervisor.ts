import { superviseTraining } from './supervise-training.ts';

// The last argument: `process.argv` of Node holds those of the program alone.
await superviseTraining(process.argv.at(-1) ?? '.');
process.exit(0);
