import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeKeys } from './keys.ts';
import { pushEcho } from './push-echo.ts';
import { installClients } from './python-clients.ts';
import { freePort, Service } from './service.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say('Installing the clients (skipped when nothing has changed) …');
const python = installClients(root);
const state = mkdtempSync(join(tmpdir(), 'fairlead-clients-'));
const services: Service[] = [];
try {
  const { pepper, key, adminKey } = writeKeys(state);
  await pushEcho(join(state, 'registry'));
  say('Starting the sample application …');
  const [port, grpcPort] = [await freePort(), await freePort()];
  const sample = start('tools/sample/src/main.ts', {
    FAIRLEAD_STATE: state,
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_GRPC_PORT: String(grpcPort),
  });
  await sample.says('Ready: ');
  // These share the path /invocations, so each needs a separate gateway.
  const anyone = { FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1', FAIRLEAD_RATE_LIMIT: '1000000' };
  const mlflow = await startGateway('mlflow', ['digits'], anyone);
  const mlflowFlask = await startGateway('mlflow', ['digits-flask'], anyone);
  const sagemaker = await startGateway('sagemaker', ['digits', 'digits-flask'], {
    FAIRLEAD_KEYS_FILE: join(state, 'keys.json'),
    FAIRLEAD_PEPPER: pepper,
    // Settings of SageMaker when they are.
    FAIRLEAD_MAX_MODELS: '2',
  });
  // Modules of the checks that are to run; without any, all of them.
  const modules = process.argv.slice(2);
  const { status } = spawnSync(python, ['-m', 'fairlead_clients', ...modules], {
    stdio: 'inherit',
    cwd: join(root, 'tools/clients/src'),
    env: {
      PATH: process.env.PATH,
      HOME: state,
      PYTHONDONTWRITEBYTECODE: '1',
      CLIENTS_STATE: state,
      CLIENTS_KEY: key,
      CLIENTS_ADMIN_KEY: adminKey,
      CLIENTS_HTTP: `127.0.0.1:${port}`,
      CLIENTS_GRPC: `127.0.0.1:${grpcPort}`,
      CLIENTS_MLFLOW: mlflow,
      CLIENTS_MLFLOW_FLASK: mlflowFlask,
      CLIENTS_SAGEMAKER: sagemaker,
    },
  });
  process.exitCode = status === 0 ? 0 : 1;
} finally {
  for (const service of services.toReversed()) await service.stop();
  rmSync(state, { recursive: true, force: true });
}

function start(file: string, environment: Readonly<Record<string, string>>): Service {
  const service = new Service(join(root, file), environment);
  services.push(service);
  return service;
}

/** A gateway of the sample's models that speaks one more protocol, of the first of them; gives its address. */
async function startGateway(
  protocol: string,
  models: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const gateway = start('apps/gateway/src/main.ts', {
    FAIRLEAD_LISTEN: address,
    FAIRLEAD_REGISTRY: join(state, 'registry'),
    FAIRLEAD_MODELS: models.join(),
    FAIRLEAD_PROTOCOLS: `open-inference,tensorflow-serving,${protocol}`,
    FAIRLEAD_INVOCATIONS_MODEL: models[0],
    FAIRLEAD_FLASK_ADDRESS: flaskAddress(),
    ...environment,
  });
  await gateway.says('models loaded');
  return address;
}

/** The address of Flask in the sample, from the file that configures Gunicorn: the folder of the sockets depends on path and account. */
function flaskAddress(): string {
  const config = readFileSync(join(state, 'host/gunicorn.conf.py'), 'utf8');
  const [, address] = /^bind = \["(unix:[^"]+)"\]$/m.exec(config) ?? [];
  if (address === undefined) throw new Error(`Gunicorn has no Unix socket:\n${config}`);
  return address;
}
