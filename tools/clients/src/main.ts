import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installClients } from './python-clients.ts';
import { freePort, Service } from './service.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

say('Installing the clients (skipped when nothing has changed) …');
const python = installClients(root);
const state = mkdtempSync(join(tmpdir(), 'fairlead-clients-'));
const services: Service[] = [];
try {
  say('Starting the sample application …');
  const [port, grpcPort] = [await freePort(), await freePort()];
  const sample = start('tools/sample/src/main.ts', {
    FAIRLEAD_STATE: state,
    FAIRLEAD_PORT: String(port),
    FAIRLEAD_GRPC_PORT: String(grpcPort),
  });
  await sample.says('Ready: ');
  // These two share the path /invocations, so each needs a gateway of its own.
  const mlflow = await startGateway('mlflow');
  const sagemaker = await startGateway('sagemaker');
  const { key } = JSON.parse(readFileSync(join(state, 'secrets.json'), 'utf8')) as { key: string };
  const { status } = spawnSync(python, [join(root, 'tools/clients/src/clients.py')], {
    stdio: 'inherit',
    env: {
      PATH: process.env.PATH,
      HOME: state,
      CLIENTS_STATE: state,
      CLIENTS_KEY: key,
      CLIENTS_HTTP: `127.0.0.1:${port}`,
      CLIENTS_GRPC: `127.0.0.1:${grpcPort}`,
      CLIENTS_MLFLOW: mlflow,
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

/** A gateway of the sample's models that speaks one more dialect; gives its address. */
async function startGateway(dialect: string): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const gateway = start('apps/gateway/src/main.ts', {
    FAIRLEAD_LISTEN: address,
    FAIRLEAD_REGISTRY: join(state, 'registry'),
    FAIRLEAD_MODELS: 'digits',
    FAIRLEAD_DIALECTS: `open-inference,${dialect}`,
    FAIRLEAD_INVOCATIONS_MODEL: 'digits',
    FAIRLEAD_DANGEROUSLY_ALLOW_ANYONE: '1',
  });
  await gateway.says('models loaded');
  return address;
}
