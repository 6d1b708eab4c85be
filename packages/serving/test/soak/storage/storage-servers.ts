import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  BodyMemory,
  CodecPool,
  inferenceHandler,
  memoryCache,
  ModelServer,
  ServingError,
  type InferenceRecord,
  type RuntimeFactory,
  type VersionRouter,
} from '@fairlead/serving';
import { onnxRuntime } from '@fairlead/serving/onnx';
import { affine, MemorySource } from '../../memory-source.ts';
import { Random } from '../random.ts';
import { checkRecord, readsInputs } from './storage-request.ts';

/** A server whose requests share and hand over storage in its own way. */
export interface StorageServer {
  readonly name: string;
  readonly port: number;
  /** Seeds of different requests; few of them are requested at the same time where answers are cached. */
  readonly seeds: number;
  /** Bytes of bodies in flight. */
  readonly bodyBytes: () => number;
  readonly close: () => Promise<void>;
}

/** Numbers of what the servers have done, which the run must contain. */
export interface StorageCounts {
  records: number;
  recordsWithInputs: number;
  shadows: number;
  failedExecutions: number;
}

interface Configuration {
  readonly name: string;
  readonly onnx: RuntimeFactory;
  readonly records?: boolean;
  readonly router?: VersionRouter;
  readonly fallback?: boolean;
  readonly cached?: boolean;
}

/** Versions 1 and 2 compute y = 2 x + 1 and y = 2 x + 101. */
const versions = [{ signature: affine }, { signature: affine, file: 'affine-next.onnx' }];

/** Starts servers of all kinds; what is wrong with a record is given to `onProblem`. */
export async function startStorageServers(
  seed: number,
  counts: StorageCounts,
  onProblem: (problem: unknown) => void,
): Promise<readonly StorageServer[]> {
  const random = new Random(seed);
  const workers = onnxRuntime({ workers: 2 });
  const configurations: readonly Configuration[] = [
    { name: 'workers', onnx: workers },
    { name: 'in process', onnx: onnxRuntime({ inProcess: true }) },
    { name: 'records', onnx: workers, records: true },
    { name: 'shadows', onnx: workers, records: true, router: shadowing(random, onProblem) },
    { name: 'failures', onnx: failing(workers, { random, counts, onProblem }), records: true },
    {
      name: 'fallback',
      onnx: failing(workers, { random, counts, onProblem }),
      records: true,
      fallback: true,
    },
    { name: 'cache', onnx: workers, records: true, cached: true },
  ];
  return Promise.all(configurations.map((each) => startServer(each, counts, onProblem)));
}

async function startServer(
  { name, onnx, records = false, router, fallback = false, cached = false }: Configuration,
  counts: StorageCounts,
  onProblem: (problem: unknown) => void,
): Promise<StorageServer> {
  const source = new MemorySource(versions);
  const next = new MemorySource(versions, 2);
  const record = (each: InferenceRecord): void => {
    counts.records += 1;
    if (each.shadowOf !== undefined) counts.shadows += 1;
    try {
      if (checkRecord(each)) counts.recordsWithInputs += 1;
    } catch (error) {
      onProblem(error);
    }
  };
  const models = new ModelServer({
    source: {
      resolve: (model, alias) => (alias === 'next' ? next : source).resolve(model, alias),
      follow: (model, alias, options) =>
        (alias === 'next' ? next : source).follow(model, alias, options),
      openVersion: (model, version) => source.openVersion(model, version),
    },
    ...{ runtimes: { onnx }, maxBatchRows: 50_000, circuitBreaker: false },
    ...(records && {
      recorder: { record, readsInputs: (_label, id) => readsInputs(Number(id)) },
    }),
    ...(router && { router }),
  });
  await models.serve('m', {
    ...(router && { alsoFollow: ['next'] }),
    ...(fallback && { fallback: 'previous-version' as const }),
    ...(cached && { cache: memoryCache({ maxBytes: 2 ** 22, maxEntryBytes: 2 ** 20 }) }),
  });
  // The fallback is version 1.
  if (fallback) source.point(2);
  const codec = new CodecPool({ threads: 1 });
  const bodies = new BodyMemory(2 ** 30);
  const handler = inferenceHandler(models, {
    ...{ codec, bodies },
    requestId: (req) => String(req.headers['x-seed']),
  });
  const server = createServer((req, res) => {
    handler(req, res);
  }).listen(0, '127.0.0.1');
  // A busy machine doesn't end idle connections, on which a client may send at the same time.
  server.keepAliveTimeout = 0;
  await once(server, 'listening');
  return {
    name,
    port: (server.address() as AddressInfo).port,
    seeds: cached ? 50 : 1_000_000,
    bodyBytes: () => bodies.used,
    async close() {
      server.closeAllConnections();
      server.close();
      await models.close();
      await codec.close();
    },
  };
}

/** Chooses a version at random, and the other one as shadow of half of the requests; copies never fail. */
function shadowing(random: Random, onProblem: (problem: unknown) => void): VersionRouter {
  return {
    route() {
      const [version, shadow] = random.pick([
        ['1', '2'],
        ['2', '1'],
      ] as const);
      return random.chance(0.5) ? { version, shadow } : { version };
    },
    finished({ role, code, key }) {
      if (role === 'shadow' && code !== undefined)
        onProblem(new Error(`the copy of ${key ?? ''} failed: ${code}`));
    },
  };
}

interface Failures {
  readonly random: Random;
  readonly counts: StorageCounts;
  readonly onProblem: (problem: unknown) => void;
}

/** Fails a part of the executions after they have taken their inputs, which are moved then; the model itself never fails. */
function failing(factory: RuntimeFactory, { random, counts, onProblem }: Failures): RuntimeFactory {
  return {
    async load(artifacts, options) {
      const runtime = await factory.load(artifacts, options);
      const { platform, concurrency, rowAnalysis } = runtime;
      return {
        ...{ platform, concurrency, rowAnalysis },
        async execute(inputs, context) {
          const execution = await runtime.execute(inputs, context).catch((error: unknown) => {
            onProblem(error);
            throw error;
          });
          if (context.isWarmUp === true || !random.chance(0.2)) return execution;
          counts.failedExecutions += 1;
          throw new ServingError('ERR_SERVING_RUN_FAILED', 'failed after the execution');
        },
        warmedUp: () => runtime.warmedUp?.() ?? Promise.resolve(),
        unhealthy: () => runtime.unhealthy(),
        close: () => runtime.close(),
      };
    },
  };
}
