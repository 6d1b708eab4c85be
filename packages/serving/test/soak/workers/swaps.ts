import { until } from '@fairlead/test-support/polling';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Signature, Tensor } from '@fairlead/signature';
import { ModelServer, type ModelArtifacts } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { MemorySource } from '../../memory-source.ts';

// npm run soak -- swaps [--swaps 100] [--warm-up 10]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    swaps: { type: 'string', default: '100' },
    'warm-up': { type: 'string', default: '10' },
  },
});
const [swaps, warmUp] = [Number(values.swaps), Number(values['warm-up'])];
const MOST_GROWTH = 0.05;
const STEP = 5;
const MB = 2 ** 20;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const fileOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 256] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 10] }],
};
const folder = mkdtempSync(join(tmpdir(), 'fairlead-swaps-'));
const python = fileOf('../../../../../.venv/bin/python');
const models = [0, 1].map((seed) => {
  const path = join(folder, `${seed}.onnx`);
  execFileSync(python, [fileOf('./make_mlp.py'), path, String(seed)]);
  return path;
});

/** Versions without end, whose files alternate. */
class AlternatingSource extends MemorySource {
  override openVersion(model: string, version: number): Promise<ModelArtifacts> {
    return Promise.resolve({
      manifest: { model, version, signature, runtime: { name: 'onnx' } },
      read: () => readFile(models[version % models.length] ?? ''),
    });
  }
}

const source = new AlternatingSource([]);
const unloaded = new Set<number>();
const server = new ModelServer({
  source,
  runtimes: { onnx: onnxRuntime({ workers: 1, intraOpThreads: 1 }) },
  onEvent: (event) => {
    if (event.type === 'unloaded') unloaded.add(event.version);
  },
});
let [answered, failed, asking] = [0, 0, true];

/** One client that sends the next request shortly after each answer. */
async function askOnAndOn(): Promise<void> {
  while (asking) {
    const data = Float32Array.from({ length: 256 }, Math.random);
    const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 256], data };
    try {
      const { outputs } = await server.infer({ model: 'm' }, { inputs: [x] });
      if (outputs[0]?.data.length === 10) answered += 1;
      else failed += 1;
    } catch (error) {
      failed += 1;
      print(String(error));
    }
    await sleep(20);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Memory of the process while no version is loaded: the minimum of a few measurements, because garbage varies. */
async function settledMb(): Promise<number> {
  const looks: number[] = [];
  for (let look = 0; look < 10; look += 1) {
    await sleep(50);
    looks.push(process.memoryUsage.rss() / MB);
  }
  return Math.min(...looks);
}

try {
  const bytes = statSync(models[0] ?? '').size;
  print(
    `${warmUp} swaps to warm up and ${swaps} more of a model of ${(bytes / MB).toFixed(0)} MB, under the load of two clients`,
  );
  await server.serve('m');
  const clients = [askOnAndOn(), askOnAndOn()];
  const sizes: number[] = [];
  const startedAt = performance.now();
  for (let swap = 1; swap <= warmUp + swaps; swap += 1) {
    source.point(swap + 1);
    await until(() => unloaded.has(swap), 120_000);
    if (swap !== warmUp && (swap - warmUp) % STEP !== 0) continue;
    const mb = await settledMb();
    if (swap >= warmUp) sizes.push(mb);
    print(
      `after ${swap} swaps: ${mb.toFixed(0)} MB resident, ${answered} answers, ${failed} failed`,
    );
  }
  asking = false;
  await Promise.all(clients);
  // Single measurements vary by as much as the limit: the allocator returns memory at times of its choice.
  const third = Math.ceil(sizes.length / 3);
  const growth = median(sizes.slice(-third)) / median(sizes.slice(0, third)) - 1;
  const each = (performance.now() - startedAt) / (warmUp + swaps) / 1000;
  print(
    `grew by ${(100 * growth).toFixed(1)} % from the first to the last third of ${swaps} swaps; ${failed} of ${answered + failed} requests failed; ${each.toFixed(2)} s a swap`,
  );
  if (!(growth < MOST_GROWTH) || failed > 0) process.exitCode = 1;
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
