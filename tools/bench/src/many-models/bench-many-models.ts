import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { folderStore, ModelRegistry } from '@fairlead/registry';
import { freePort } from '../servers/free-port.ts';
import { usageOf } from '../servers/process-usage.ts';
import { CORES } from '../servers/side.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const GOALS = { readySeconds: 15, rssMiB: 1.2 * 1024 };
const READY_WITHIN_MS = 300_000;

interface ManyModel {
  readonly name: string;
  readonly shape: readonly number[];
  readonly classes: number;
}

/** Starts the gateway with 86 small models: time until it is ready, memory, threads, and then an answer of each model. */
export async function benchManyModels(
  { folder }: { readonly folder: string },
  print: (line: string) => void,
): Promise<void> {
  const root = mkdtempSync(join(folder, 'many-'));
  let gateway: ChildProcess | undefined;
  try {
    const models = await pushModels(root);
    const port = await freePort();
    const startedAt = performance.now();
    gateway = startGateway(join(root, 'registry'), port);
    const readySeconds = await untilReady(gateway, port, startedAt);
    const { pid = 0 } = gateway;
    const ready = statusOf(pid);
    const { cpuSeconds } = usageOf(pid);
    for (const model of models) await predict(port, model);
    const answered = statusOf(pid);
    print(`${models.length} small models in one gateway on two cores.`);
    print('');
    print('| what | measured | goal | |');
    print('| --- | ---: | ---: | --- |');
    const row = (what: string, value: number, unit: string, goal?: number): void => {
      const verdict = goal === undefined ? '' : value <= goal ? 'met' : 'MISSED';
      const wanted = goal === undefined ? '' : `${goal.toFixed(0)}${unit}`;
      print(
        `| ${what} | ${value.toFixed(unit === ' s' ? 1 : 0)}${unit} | ${wanted} | ${verdict} |`,
      );
    };
    row('from the start until all are ready', readySeconds, ' s', GOALS.readySeconds);
    row('processor time until then', cpuSeconds, ' s');
    row('resident memory then', ready.rssMiB, ' MiB', GOALS.rssMiB);
    row('threads then', ready.threads, '');
    row('resident memory when each has answered', answered.rssMiB, ' MiB', GOALS.rssMiB);
    row('threads when each has answered', answered.threads, '');
  } finally {
    gateway?.kill('SIGTERM');
    if (gateway?.exitCode === null) await once(gateway, 'exit');
    rmSync(root, { recursive: true, force: true });
  }
}

async function pushModels(root: string): Promise<readonly ManyModel[]> {
  const files = join(root, 'models');
  const python = join(ROOT, '.venv/bin/python');
  execFileSync(python, [join(ROOT, 'tools/bench/models/make_many.py'), files]);
  const models = JSON.parse(readFileSync(join(files, 'models.json'), 'utf8')) as ManyModel[];
  const store = folderStore(join(root, 'registry'), { create: true });
  const registry = new ModelRegistry({ store });
  for (const { name, shape, classes } of models) {
    await registry.push({
      model: name,
      runtime: { name: 'onnx' },
      signature: {
        inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, ...shape] }],
        outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, classes] }],
      },
      files: { 'model.onnx': readFileSync(join(files, `${name}.onnx`)) },
      actor: 'bench',
    });
    await registry.setAlias(name, 'champion', 1, { actor: 'bench' });
  }
  return models;
}

function startGateway(registry: string, port: number): ChildProcess {
  const script = join(ROOT, 'apps/gateway/src/main.ts');
  const command = [process.execPath, '--conditions=@fairlead/source', script];
  return spawn('taskset', ['-c', CORES, ...command], {
    env: {
      PATH: process.env.PATH ?? '',
      FAIRLEAD_LISTEN: `127.0.0.1:${port}`,
      FAIRLEAD_REGISTRY: registry,
      FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function untilReady(gateway: ChildProcess, port: number, startedAt: number): Promise<number> {
  while (performance.now() - startedAt < READY_WITHIN_MS) {
    if (gateway.exitCode !== null) throw new Error('the gateway ended before it was ready');
    const status = await fetch(`http://127.0.0.1:${port}/v2/health/ready`).then(
      (response) => response.status,
      () => 0,
    );
    if (status === 200) return (performance.now() - startedAt) / 1000;
    await sleep(50);
  }
  throw new Error(`the gateway was not ready within ${READY_WITHIN_MS / 1000} s`);
}

async function predict(port: number, { name, shape }: ManyModel): Promise<void> {
  const count = shape.reduce((product, length) => product * length, 1);
  const data = Array.from({ length: count }, (_, index) => Math.fround(Math.sin(index)));
  const inputs = [{ name: 'x', shape: [1, ...shape], datatype: 'FP32', data }];
  const response = await fetch(`http://127.0.0.1:${port}/v2/models/${name}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  if (response.status !== 200) throw new Error(`${name}: ${await response.text()}`);
}

function statusOf(pid: number): { readonly rssMiB: number; readonly threads: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { rssMiB: field('VmRSS') / 1024, threads: field('Threads') };
}
