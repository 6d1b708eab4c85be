import { parseArgs } from 'node:util';
import { runOnnxFiles } from './run-onnx-files.ts';

// npm run soak -- onnx-files [--files 100000] [--seed 1] [--from 0]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
  },
});
const seed = Number(values.seed);
const startedAt = performance.now();
const report = await runOnnxFiles(
  { seed, count: Number(values.files), from: Number(values.from) },
  ({ files, disagreements }) => {
    process.stdout.write(`${files} files, ${disagreements.length} disagreements\n`);
  },
);
const { disagreements, ...counts } = report;
for (const line of disagreements.slice(0, 50)) {
  const index = /\d+/.exec(line)?.[0] ?? '0';
  process.stdout.write(
    `${line}\n  repeat it: npm run soak -- onnx-files --seed ${seed} --from ${index} --files 1\n`,
  );
}
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
process.stdout.write(
  `seed ${seed}: ${JSON.stringify(counts)}, ${disagreements.length} disagreements; ${seconds} s\n`,
);
if (disagreements.length > 0) process.exitCode = 1;
