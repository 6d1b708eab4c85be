import { parseArgs } from 'node:util';
import { emptyTally, type Tally } from './interleaving.ts';
import { runOnnxInterleavings } from './onnx-interleavings.ts';
import { InterleavingError, runInterleavings } from './run-interleavings.ts';

// npm run soak -- batching [--interleavings 1000000] [--onnx 10000] [--seed 1] [--from 0]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    interleavings: { type: 'string', default: '1000000' },
    onnx: { type: 'string' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const count = Number(values.interleavings);
const ofOnnx = Number(values.onnx ?? Math.floor(count / 100));
const [seed, from] = [Number(values.seed), Number(values.from)];
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const clock = performance.now.bind(performance);

print(
  `An interleaving is one server with one to three models and a sequence of steps that its seed chooses: a client asks or
leaves, an execution ends or crashes, time passes, an alias moves and a version loads or fails to, the event loop goes
round. It ends when everybody was answered and all is closed. Each answer is compared with what its own input and the
version that it names give; ${count} of them from seed ${seed}, and ${ofOnnx} bursts of requests to ONNX models.`,
);
const startedAt = clock();
const seconds = (): string => `${((clock() - startedAt) / 1000).toFixed(0)} s`;
try {
  const tally = emptyTally();
  const { run, distinct } = await runInterleavings({
    count,
    seed,
    from,
    tally,
    onProgress: (so) => {
      print(`${so} interleavings, nothing wrong; ${seconds()}`);
    },
  });
  print(`${run} interleavings, ${distinct} of them unlike all others, nothing wrong; ${seconds()}`);
  print(describe(tally));
  const onnx = emptyTally();
  await runOnnxInterleavings(ofOnnx, seed, onnx);
  print(`${ofOnnx} bursts to ONNX models, nothing wrong; ${seconds()} in all`);
  print(describe(onnx));
} catch (error) {
  if (!(error instanceof InterleavingError)) throw error;
  print(`${error.message}: ${String(error.cause)}`);
  print(
    `repeat it: npm run soak -- batching --seed ${seed} --from ${error.index} --interleavings 1`,
  );
  process.exitCode = 1;
}

function describe({ steps, requests, executions, shared, swaps, ends }: Tally): string {
  const lines = Object.entries(ends).map(([end, times]) => `  ${end}: ${times}`);
  return [
    `  ${steps} steps, ${requests} requests, ${executions} executions (${shared} shared), ${swaps} versions put in place`,
    ...lines.sort(),
  ].join('\n');
}
