import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { allowedCores, measureGateway, type MeasuredLoad } from '@fairlead/sizing';
import { expect, it, onTestFinished } from 'vitest';

const server = fileURLToPath(new URL('./burning-server.ts', import.meta.url));

/** Measures a server that computes for so many rounds, on one core. */
async function measure(rounds: number, steps: string[] = []): Promise<MeasuredLoad> {
  const [core = 0, ...others] = allowedCores();
  const child = fork(server, [String(rounds)], {
    execPath: 'taskset',
    execArgv: ['-c', String(core), process.execPath],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = (await once(child, 'message')) as [number];
  let rows = 0;
  return measureGateway({
    target: { port, path: '/', headers: {}, body: '{}' },
    ...{ pid: child.pid ?? 0, cores: [core], seconds: 0.5 },
    generatorCores: others.length === 0 ? [core] : others,
    onStep: (step) => steps.push(step),
    readCompute: () => {
      rows += 10;
      return Promise.resolve({ rows, nanoseconds: rows * 250_000 });
    },
  });
}

it('measures processor time, latency, memory and compute time, and names its steps', async () => {
  const steps: string[] = [];
  const measured = await measure(200_000, steps);
  expect(steps).toEqual([
    'warm-up',
    'capacity',
    '10 % of the capacity',
    '50 % of the capacity',
    '70 % of the capacity',
    '85 % of the capacity',
  ]);
  expect(measured.computeMs).toBeCloseTo(0.25, 9);
  expect(measured.memoryBytes).toBeGreaterThan(10 * 1024 ** 2);
  expect(measured.saturation.availableCores).toBeGreaterThan(0);
  expect(measured.saturation.availableCores).toBeLessThanOrEqual(1);
  expect(measured.disturbance).toBeGreaterThanOrEqual(0);
  expect(measured.points).toHaveLength(3);
  // Half of the load takes half of the processor time, and as much for a request.
  const [half] = measured.points;
  const ratio = (half?.processorMs ?? NaN) / measured.saturation.processorMs;
  expect(ratio).toBeGreaterThan(0.5);
  expect(ratio).toBeLessThan(1.7);
  for (const point of measured.points) {
    expect(point.failed).toBe(0);
    expect(point.p99Ms).toBeGreaterThanOrEqual(point.p50Ms);
    expect(point.utilization).toBeLessThanOrEqual(1);
  }
});

it('a request with four times the work takes more processor time, and leaves a lower capacity', async () => {
  const light = await measure(250_000);
  const heavy = await measure(1_000_000);
  const ratio = heavy.saturation.processorMs / light.saturation.processorMs;
  // Parsing and sending are in both.
  expect(ratio).toBeGreaterThan(1.5);
  expect(ratio).toBeLessThan(6);
});

it('a gateway that refuses is not measured', async () => {
  const [core = 0] = allowedCores();
  await expect(
    measureGateway({
      target: { port: 1, path: '/', headers: {}, body: '{}' },
      ...{ pid: process.pid, cores: [core], generatorCores: [core], seconds: 0.2 },
      readCompute: () => Promise.resolve({ rows: 0, nanoseconds: 0 }),
    }),
  ).rejects.toThrow(/requests got no response with status 200 \(warm-up\)/);
});
