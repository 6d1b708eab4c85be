import { lowestThreads, showsPriorities } from '@fairlead/test-support/thread-priorities';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Signature } from '@fairlead/signature';
import type { Runtime } from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { describe, expect, test } from 'vitest';
import { affine, MemorySource, slow } from '../memory-source.ts';
import type { Seen } from './processes/starved-version.ts';
import { collectRuntimes, collectWorkers, context, times, x } from './pools.ts';

const workers = collectWorkers();
const runtimes = collectRuntimes(workers);
const factory = onnxRuntime();

async function load(
  file: string,
  signature: Signature,
  isBackground: boolean,
  from = factory,
): Promise<Runtime> {
  const source = new MemorySource([{ signature, file }]);
  const artifacts = await source.openVersion(file, 1);
  const runtime = await from.load(artifacts, { isBackground, onEvent: () => undefined });
  await runtime.warmedUp?.();
  runtimes.push(runtime);
  return runtime;
}

test('a tiny model in the background computes in one worker that it shares with none, never in the event loop, and gives the same outputs', async () => {
  const own = await load('affine.onnx', affine, true);
  expect(own.placement).toEqual({
    workers: 1,
    intraOpThreads: 1,
    inProcess: false,
    reason: 'one thread of low priority: it computes copies of requests only',
  });
  expect(workers.size).toBe(1);
  const other = await load('affine.onnx', affine, false);
  expect(workers.size).toBe(2);
  const [copied, answered] = await Promise.all(
    [own, other].map((runtime) => runtime.execute([x], context)),
  );
  expect(copied?.outputs).toEqual(answered?.outputs);
  expect(copied?.outputs[0]?.data).toEqual(Float32Array.of(3, 5));
});

test('the number of workers and threads that a factory sets is not that of a version in the background', async () => {
  const configured = onnxRuntime({ workers: 2, intraOpThreads: 2 });
  const { placement } = await load('slow.onnx', slow, true, configured);
  expect(placement).toMatchObject({ workers: 1, intraOpThreads: 1 });
});

describe.skipIf(!showsPriorities)('the threads of a version in the background', () => {
  test('have the lowest priority, those of other versions keep that of the process', async () => {
    const before = lowestThreads();
    const answering = await load('slow.onnx', slow, false);
    expect(lowestThreads()).toEqual(before);
    const copying = await load('slow.onnx', slow, true);
    expect(lowestThreads()).toHaveLength(before.length + 1);
    for (const runtime of [answering, copying]) await runtime.execute([times(10)], context);
    expect(lowestThreads()).toHaveLength(before.length + 1);
  });

  test('end with it, so that no other version gets them', async () => {
    // A version beside it, without which every worker ends.
    await load('affine.onnx', affine, false);
    const before = lowestThreads();
    const copying = await load('slow.onnx', slow, true);
    await copying.close();
    expect(lowestThreads()).toEqual(before);
    const answering = await load('slow.onnx', slow, false);
    await answering.execute([times(10)], context);
    expect(lowestThreads()).toEqual(before);
  });

  test('have it also in a separate process, for a model that can end its process', async () => {
    const before = lowestThreads();
    const spectrum: Signature = {
      inputs: [
        { name: 'signal', datatype: 'FP32', shape: [1, -1, 1] },
        { name: 'length', datatype: 'INT64', shape: [] },
      ],
      outputs: [{ name: 'spectrum', datatype: 'FP32', shape: [1, -1, -1, 2] }],
    };
    await load('spectrum.onnx', spectrum, true);
    expect(workers.size).toBe(0);
    const added = lowestThreads().filter((thread) => !before.includes(thread));
    expect(added.length).toBeGreaterThan(0);
    expect(added.filter((thread) => thread.startsWith(`/proc/${process.pid}/`))).toEqual([]);
  });

  test('do not count as hung while others have the processor, and do so otherwise', async () => {
    const script = fileURLToPath(new URL('./processes/starved-version.ts', import.meta.url));
    const args = ['-c', '0', process.execPath, '--conditions=@fairlead/source', script];
    const seen = await new Promise<Seen>((resolve, reject) => {
      execFile('taskset', args, { timeout: 120_000 }, (_error, stdout, stderr) => {
        if (stdout === '') reject(new Error(stderr));
        else resolve(JSON.parse(stdout) as Seen);
      });
    });
    expect(seen).toEqual({
      starved: 'answered',
      lostBefore: 0,
      hung: expect.stringContaining('an execution took longer than 400 ms') as string,
    });
  });
});
