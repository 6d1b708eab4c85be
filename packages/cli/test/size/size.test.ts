import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { bin, commandEnv } from '../support/bin.ts';
import { run, runProcess, type Place } from '../support/fairlead.ts';
import { affine } from '../support/models.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const { exampleMeasurement, publishedInstances } = await import('@fairlead/sizing');

/** A folder with a measurement. */
function place(measurement: object = exampleMeasurement): Place {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'churn.json'), JSON.stringify(measurement));
  return { folder };
}

const FROM = ['size', '--measurement', 'churn.json'];

async function json(where: Place, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr, exitCode } = await run(where, ...FROM, ...args, '--json');
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('measures a model file behind a gateway, checks the predictions on two cores, and the result can be used again', async () => {
  const folder = temporaryFolder();
  copyFileSync(affine, join(folder, 'tiny.onnx'));
  const { stdout, stderr, exitCode } = await runProcess(
    { folder },
    ...['size', 'tiny.onnx', '--seconds', '0.3', '--calibrate', '--json'],
  );
  expect([exitCode, stderr.includes('Measuring tiny on 2 cores: capacity')]).toEqual([0, true]);
  const { measurement, calibration } = JSON.parse(stdout) as {
    measurement: typeof exampleMeasurement;
    calibration: { readonly rows: readonly { readonly what: string; readonly measured: number }[] };
  };
  expect(measurement).toMatchObject({ format: 1, model: 'tiny', rowsPerRequest: 1 });
  expect(measurement.saturation.processorMs).toBeGreaterThan(0);
  expect(measurement.saturation.failed).toBe(0);
  expect(measurement.computeMs).toBeGreaterThan(0);
  // A Node process with ONNX Runtime.
  expect(measurement.memoryBytes).toBeGreaterThan(50e6);
  expect(measurement.loadMs).toBeGreaterThan(100);
  expect(calibration.rows[0]?.what).toBe('throughput on 2 cores');
  for (const { measured } of calibration.rows) expect(measured).toBeGreaterThan(0);
  writeFileSync(join(folder, 'churn.json'), stdout);
  const again = await run({ folder }, ...FROM);
  expect(again.stdout).toContain('Calibration: predicted from one core, measured on 2');
});

test('recommends hosts with the processes that a deployment would choose', async () => {
  const { recommendation } = await json(place(), '--requests-per-second', '5000');
  const { best, others, goal } = recommendation as {
    best: { readonly hosts: number; readonly processes: number };
    others: readonly unknown[];
    goal: object;
  };
  expect(goal).toEqual({
    ...{ requestsPerSecond: 5000, peakPerSecond: 10_000, p99Ms: 50, spareHosts: 1 },
  });
  expect(best.hosts).toBeGreaterThan(1);
  // Two cores and 0.2 ms a row: two event loops, as deploy-config chooses.
  expect(best.processes).toBe(2);
  expect(others.length).toBeGreaterThan(2);
});

test('prints the option hosts of the construct, with the requests a second that target tracking aims at', async () => {
  const { recommendation, hosts } = await json(place(), '--requests-per-second', '5000');
  const { best } = recommendation as { best: Record<string, number> };
  expect(hosts).toEqual({
    ...{ instanceType: best.type, min: 2, max: (best.hosts ?? 0) * 2 },
    modelLoadSeconds: (best.warmUpSeconds ?? 0) - 60,
    scaling: { requestsPerSecond: Math.floor((best.requestsPerTarget ?? 0) / 60) },
  });
  const { stdout } = await run(place(), ...FROM, '--requests-per-second', '5000');
  expect(stdout).toMatch(/hosts: \{ instanceType: '\S+', min: 2, .* scaling: \{ requestsPerS/);
});

test('a signal stops the measurement, the gateway and the load generator, and removes the temporary folder', async () => {
  const folder = temporaryFolder();
  copyFileSync(affine, join(folder, 'tiny.onnx'));
  const temporary = temporaryFolder();
  const child = spawn(process.execPath, [...bin.slice(1), 'size', 'tiny.onnx'], {
    cwd: folder,
    env: commandEnv(folder, { TMPDIR: temporary }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await expect.poll(() => errors).toContain('warm-up');
  const children = readFileSync(`/proc/${child.pid ?? 0}/task/${child.pid ?? 0}/children`, 'utf8');
  expect(children.trim().split(' ')).toHaveLength(2);
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  expect(await closed).toEqual([130, null]);
  expect(errors).toContain('ERR_CLI_STOPPED');
  expect(readdirSync(temporary).filter((name) => name.startsWith('fairlead-'))).toEqual([]);
  const left = children
    .trim()
    .split(' ')
    .filter((pid) => existsSync(`/proc/${pid}/exe`));
  expect(left).toEqual([]);
});

test('simulates a day of CSV, or a generated one that the seed decides', async () => {
  const where = place();
  writeFileSync(
    join(where.folder, 'day.csv'),
    'time,requests_per_second\n0,100\n3600,9000\n7200,100\n',
  );
  const args = ['--requests-per-second', '5000', '--simulate'];
  const { simulation } = await json(where, ...args, 'day.csv');
  expect(simulation).toMatchObject({ traffic: 'day.csv', requests: (100 + 9000 + 100) * 3600 });
  const first = await json(where, ...args, '--seed', '7');
  expect(await json(where, ...args, '--seed', '7')).toEqual(first);
  expect(await json(where, ...args, '--seed', '8')).not.toEqual(first);
});

test('prints the measurement even if no type keeps the goal, and names other work', async () => {
  const machine = { ...exampleMeasurement.machine, disturbance: 0.4 };
  const args = ['--requests-per-second', '10', '--p99', '1ms'];
  const { stdout, stderr, exitCode } = await run(
    place({ ...exampleMeasurement, machine }),
    ...[...FROM, ...args],
  );
  expect(exitCode).toBe(1);
  expect(stdout).toContain('latency with no load');
  expect(stdout).toContain('used up to 40 % of the core');
  expect(stderr).toContain('ERR_SIZING_GOAL_UNREACHABLE');
  expect(stderr).toContain('measure again on an idle machine');
});

test('uses instance data of a file', async () => {
  const where = place();
  const [type] = publishedInstances.types;
  const only = [{ ...type, type: 't9.medium', pricePerHour: { 'eu-west-1': 0.01 } }];
  const file = join(where.folder, 'instances.json');
  writeFileSync(file, JSON.stringify({ ...publishedInstances, types: only }));
  const { recommendation } = await json(
    where,
    ...['--requests-per-second', '10', '--instances', 'instances.json', '--region', 'eu-west-1'],
  );
  expect(recommendation).toMatchObject({ best: { type: 't9.medium' }, region: 'eu-west-1' });
  expect(readFileSync(file, 'utf8')).toContain('t9.medium');
});

test.each([
  [['size'], 2, 'name the model to measure'],
  [[...FROM, 'churn'], 2, 'leave one of them out'],
  [[...FROM, '--calibrate'], 2, '--calibrate measures the model again'],
  [[...FROM, '--simulate'], 2, 'add --requests-per-second 500'],
  [['size', 'tiny.onnx', '--seconds', '0.1'], 2, 'Expected a number of seconds from 0.2'],
  [[...FROM, '--p99', '50'], 2, 'Expected a duration such as 50ms or 2s.'],
  [[...FROM, '--requests-per-second', '-1'], 2, 'Expected a number above 0.'],
  [['size', 'tiny.onnx', '--request', 'no.json'], 2, 'no registry is named'],
  [['size', '--refresh'], 2, 'name it with --instances instances.json'],
  [['size', '--measurement', 'none.json'], 2, 'cannot use none.json as measurement'],
  [[...FROM, '--requests-per-second', '5', '--region', 'eu-west-9'], 2, 'has no prices'],
])('%j ends with exit code %d', async (args, code, message) => {
  const { exitCode, stderr } = await run(place(), ...args);
  expect(stderr).toContain(message);
  expect(exitCode).toBe(code);
});

test('a file that is no measurement is rejected with the field', async () => {
  const { exitCode, stderr } = await run(place({ ...exampleMeasurement, loadMs: 'long' }), ...FROM);
  expect(stderr).toContain('loadMs is "long", expected a number above 0');
  expect(exitCode).toBe(2);
});
