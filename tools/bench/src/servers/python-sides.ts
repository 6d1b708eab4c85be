import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';
import { rawRequestOf, requestOf, rowsRequestOf, type BenchModel } from './models.ts';
import { PYTHON_SIDES, pythonEnvironment } from './python-environment.ts';
import { startSide } from './side.ts';
import type { SideStarter } from './sides.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const V2_PATH = '/v2/models/m/infer';

/** Processes of each side that has workers: one for each core that the sides share. */
const WORKERS = '2';

/** Environment of the programs. */
function variablesOf(model: BenchModel, folder: string): Readonly<Record<string, string>> {
  return {
    BENCH_MODEL: model.file,
    BENCH_SHAPE: model.shape.join(','),
    BENCH_CLASSES: String(model.classes),
    BENCH_WORKERS: WORKERS,
    OMP_NUM_THREADS: '1',
    PYTHONPATH: PYTHON_SIDES,
    // They write caches there.
    HOME: folder,
  };
}

/** Flask under Gunicorn with two workers. */
export const flask: SideStarter = async (model, folder) => {
  const port = await freePort();
  const command = [
    join(ROOT, '.venv/bin/gunicorn'),
    `--workers=${WORKERS}`,
    '--worker-class=gthread',
    '--threads=4',
    '--no-control-socket',
    `--bind=127.0.0.1:${port}`,
    'flask_app:app',
  ];
  const target = { port, path: V2_PATH, headers: {} };
  return startSide(
    'Flask + Gunicorn',
    command,
    variablesOf(model, folder),
    target,
    requestOf(model),
  );
};

/** FastAPI under uvicorn with two workers, its compiled parts, and orjson. */
export const fastApi: SideStarter = async (model, folder) => {
  const port = await freePort();
  const target = { port, path: V2_PATH, headers: {} };
  const command = uvicorn('fastapi_json:app', port, folder);
  return startSide(
    'FastAPI + orjson',
    command,
    variablesOf(model, folder),
    target,
    requestOf(model),
  );
};

/** The same server for the bytes of one tensor. */
export const fastApiBinary: SideStarter = async (model, folder) => {
  const port = await freePort();
  const { body, headers } = rawRequestOf(model);
  const target = { port, path: V2_PATH, headers };
  const command = uvicorn('fastapi_binary:app', port, folder);
  return startSide('FastAPI + uvicorn', command, variablesOf(model, folder), target, body);
};

function uvicorn(app: string, port: number, folder: string): readonly string[] {
  const options = [`--workers=${WORKERS}`, '--loop=uvloop', '--http=httptools', '--no-access-log'];
  return [join(pythonEnvironment('fastapi', folder), 'uvicorn'), ...options, `--port=${port}`, app];
}

/** MLServer with the model in its own process. */
export const mlServer: SideStarter = async (model, folder) => {
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const settings = mkdtempSync(join(folder, 'mlserver-'));
  const write = (file: string, content: object): void => {
    writeFileSync(join(settings, file), JSON.stringify(content));
  };
  write('settings.json', {
    debug: false,
    parallel_workers: 0,
    host: '127.0.0.1',
    http_port: port,
    grpc_port: grpcPort,
    metrics_port: metricsPort,
    logging_settings: { version: 1, root: { level: 'ERROR' } },
  });
  write('model-settings.json', { name: 'm', implementation: 'mlserver_runtime.OnnxRuntime' });
  const command = [join(pythonEnvironment('mlserver', folder), 'mlserver'), 'start', settings];
  const target = { port, path: V2_PATH, headers: {} };
  return startSide('MLServer', command, variablesOf(model, folder), target, requestOf(model));
};

/** BentoML with two workers. */
export const bentoMl: SideStarter = async (model, folder) => {
  const port = await freePort();
  const program = join(pythonEnvironment('bentoml', folder), 'bentoml');
  const options = [`--working-dir=${PYTHON_SIDES}`, '--host=127.0.0.1', `--port=${port}`];
  const command = [program, 'serve', 'bentoml_service:Bench', ...options];
  const variables = { ...variablesOf(model, folder), BENTOML_DO_NOT_TRACK: 'True' };
  const target = { port, path: '/infer', headers: {} };
  return startSide('BentoML', command, variables, target, rowsRequestOf(model));
};

/** LitServe with two workers, each behind its own HTTP server. */
export const litServe: SideStarter = async (model, folder) => {
  const port = await freePort();
  const python = join(pythonEnvironment('litserve', folder), 'python');
  const command = [python, join(PYTHON_SIDES, 'litserve_app.py')];
  const variables = { ...variablesOf(model, folder), BENCH_PORT: String(port) };
  const target = { port, path: '/infer', headers: {} };
  return startSide('LitServe', command, variables, target, rowsRequestOf(model));
};

/** PyTriton: the server of Triton with dynamic batches of up to 32 rows. */
export const pyTriton: SideStarter = async (model, folder) => {
  const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const python = join(pythonEnvironment('pytriton', folder), 'python');
  const command = [python, join(PYTHON_SIDES, 'pytriton_server.py')];
  const variables = {
    ...variablesOf(model, folder),
    BENCH_PORT: String(port),
    BENCH_GRPC_PORT: String(grpcPort),
    BENCH_METRICS_PORT: String(metricsPort),
  };
  const target = { port, path: V2_PATH, headers: {} };
  return startSide('PyTriton', command, variables, target, requestOf(model));
};
