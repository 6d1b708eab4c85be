import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random, seedOf } from '../random.ts';
import { accept, forgetReads, judgeModel } from './judge-model.ts';
import { mutateModel } from './mutate-model.ts';

// A separate process, in the folder of the files that must not be read: node worker-process.ts SEED FROM TO
const [seed = 1, from = 0, to = 0] = process.argv.slice(2).map(Number);
const models = new URL('../../models/', import.meta.url);
const read = (folder: URL): Buffer[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.onnx'))
    .sort()
    .map((name) => readFileSync(new URL(name, folder)))
    .filter((bytes) => bytes.length < 4000);
const seeds = { plain: read(models), hostile: read(new URL('hostile/', models)) };
const folder = process.cwd();
const files = ['package.json', 'weights/w.bin'].map((name) => join(folder, name));
forgetReads(files);

for (let index = from; index < to; index += 1) {
  const { bytes, how } = mutateModel(seeds, new Random(seedOf(seed, index)), folder);
  // Written before: what follows may end the process.
  process.stdout.write(`${index} ${accept(bytes) ? 'accepted' : 'rejected'}\n`);
  const verdict = await judgeModel(bytes, files);
  process.stdout.write(`${JSON.stringify({ ...verdict, how })}\n`);
}
