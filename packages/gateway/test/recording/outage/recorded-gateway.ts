import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { listCaptures } from '@fairlead/capture';
import { captureBucket } from '@fairlead/capture/s3';
import { ModelRegistry } from '@fairlead/registry';
import { s3Store } from '@fairlead/registry/s3';
import { httpCall, newBucket, until } from '@fairlead/test-support';
import { baselineDocument, createBaseline, openWindowStore } from '@fairlead/windows';
import type { S3Client } from '@aws-sdk/client-s3';
import { parquetReadObjects } from 'hyparquet';
import { awsEnvironment } from '../../support/aws-environment.ts';
import { gatewayCommand, processEnvironment } from '../../support/gateway-command.ts';
import { onnxVersion } from '../../support/sample-registry.ts';

const MODEL = 'affine';
const SEEN = 'fairlead_capture_requests_seen_total';
const HOUR_MS = 3_600_000;
const KIB_PER_MIB = 1024;
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 5] }] };

/** Records of a gateway: counted, stored and lost. */
export interface Records {
  /** Requests in the windows of the store. */
  readonly counted: number;
  /** Requests that windows of the store report as lost. */
  readonly uncounted: number;
  /** Requests that the gateway has seen, captured, and lost although they were chosen for the capture, by its own metrics. */
  readonly seen: number;
  readonly captured: number;
  readonly notCaptured: number;
  /** Captured requests in the store. */
  readonly stored: number;
  /** Largest size of what waited on the disk, in bytes. */
  readonly largestWindows: number;
  readonly largestCaptures: number;
  /** Largest memory of the process, in MiB. */
  readonly memoryMiB: number;
}

/** A gateway in a process, with its own registry and captures in S3. */
export interface RecordedGateway {
  /** Sends a request, and resolves to the status of the answer. */
  infer(): Promise<number>;
  /** Ends the process as systemd does, once it has seen all requests and stored its windows, and reads its records. */
  finish(sent: number): Promise<Records>;
  kill(): void;
}

/** Starts a gateway whose S3 is at `port`; `client` has another way to it. */
export async function startRecordedGateway(
  client: S3Client,
  port: number,
  folder: string,
  settings: Readonly<Record<string, string>>,
): Promise<RecordedGateway> {
  const bucket = await newBucket(client);
  const store = s3Store({ client, bucket, prefix: 'prod' });
  await pushWatched(new ModelRegistry({ store }));
  const socketPath = join(folder, 'gateway.sock');
  const stateFolder = join(folder, 'state');
  const environment = {
    ...processEnvironment,
    ...awsEnvironment(`http://127.0.0.1:${port}`),
    FAIRLEAD_REGISTRY: `s3://${bucket}/prod`,
    FAIRLEAD_REGISTRY_CACHE: join(folder, 'cache'),
    FAIRLEAD_STATE_FOLDER: stateFolder,
    FAIRLEAD_CAPTURE_LOCATION: `s3://${bucket}/records`,
    FAIRLEAD_LISTEN: `unix:${socketPath}`,
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
    ...settings,
  };
  let child = start(environment);
  const call = (path: string, sent?: object) =>
    httpCall({ socketPath }, path, sent === undefined ? {} : { body: sent });
  await until(async () => (await call('/v2/health/ready')).status === 200);
  const metric = async (): Promise<(name: string) => number> => {
    const page = (await call('/metrics')).body.split('\n');
    return (name) =>
      page
        .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
        .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  };
  const largest = { windows: 0, captures: 0 };
  const measure = setInterval(() => {
    for (const name of ['windows', 'captures'] as const)
      largest[name] = Math.max(largest[name], sizeOf(join(stateFolder, name)));
  }, 500);
  return {
    infer: async () => (await call(`/v2/models/${MODEL}/infer`, body)).status,
    async finish(sent) {
      const read = await until(async () => {
        const valueOf = await metric();
        // The window of this moment waits for its end.
        const isStored = valueOf('fairlead_windows_waiting') <= 1;
        return isStored && valueOf(SEEN) >= sent && valueOf;
      });
      const memoryMiB = peakMemoryMiB(child.pid ?? 0);
      clearInterval(measure);
      await end(child, 'SIGTERM');
      if (sizeOf(join(stateFolder, 'captures')) > 0) {
        // The process had no time for them; the next one takes them over.
        child = start(environment);
        await until(() => sizeOf(join(stateFolder, 'captures')) === 0);
        await end(child, 'SIGTERM');
      }
      return {
        ...(await readWindows(store)),
        seen: read(SEEN),
        captured: read('fairlead_capture_requests'),
        notCaptured: read('fairlead_capture_requests_lost_total'),
        stored: await countCaptures(client, bucket),
        ...{ largestWindows: largest.windows, largestCaptures: largest.captures, memoryMiB },
      };
    },
    kill() {
      clearInterval(measure);
      child.kill('SIGKILL');
    },
  };
}

function start(environment: Readonly<Record<string, string>>): ChildProcess {
  const [program, ...args] = gatewayCommand;
  return spawn(program, args, { env: environment, stdio: 'ignore' });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

async function pushWatched(registry: ModelRegistry): Promise<void> {
  const version = onnxVersion(MODEL, 'affine');
  const { signature } = version;
  const rows = { 'x[0]': [1, 2], 'x[1]': [5, 6], 'y[0]': [3, 5], 'y[1]': [11, 13] };
  const baseline = baselineDocument(createBaseline(rows, { signature }));
  await registry.push({ ...version, baseline });
  await registry.setAlias(MODEL, 'champion', 1, { actor: 'test' });
}

async function readWindows(objects: ReturnType<typeof s3Store>) {
  const store = await openWindowStore({ objects, rollUp: false });
  const now = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const span = { from: now - 3 * HOUR_MS, to: now + HOUR_MS, unit: 'slot' } as const;
  const windows = await store.read({ model: MODEL, version: '1' }, span);
  const sum = (values: readonly number[]): number =>
    values.reduce((total, each) => total + each, 0);
  return {
    counted: sum(windows.map(({ requests }) => requests)),
    uncounted: sum(windows.map(({ lost }) => lost.requests)),
  };
}

async function countCaptures(client: S3Client, bucket: string): Promise<number> {
  const objects = captureBucket({ client, bucket, prefix: 'records' });
  let rows = 0;
  for await (const { key } of listCaptures(objects, { model: MODEL })) {
    const content = await objects.read(key);
    if (content === undefined) throw new Error(`${key} is missing`);
    rows += (await parquetReadObjects({ file: Uint8Array.from(content.body).buffer })).length;
  }
  return rows;
}

function sizeOf(folder: string): number {
  if (!existsSync(folder)) return 0;
  const files = readdirSync(folder, { withFileTypes: true, recursive: true });
  return files
    .filter((file) => file.isFile())
    .reduce((sum, file) => {
      const { size = 0 } =
        statSync(join(file.parentPath, file.name), { throwIfNoEntry: false }) ?? {};
      return sum + size;
    }, 0);
}

function peakMemoryMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / KIB_PER_MIB);
}
