import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { formatAddress } from '@fairlead/deploy-config';
import {
  flaskEnvironment,
  gatewayEnvironment,
  gunicornCommand,
  nginxCommand,
  renderDeployment,
  requiredFolders,
  type Deployment,
} from '@fairlead/deploy-config';
import type { Program } from './child.ts';
import type { DemoSecrets } from './demo-secrets.ts';
import { holdSocket } from './hold-socket.ts';
import type { HostFacts } from './host-facts.ts';
import type { Account } from './nginx-account.ts';
import { SampleError } from './sample-error.ts';
import type { StateFolder } from './state-folder.ts';

/** The programs of the sample, in the order of their start, with the sockets of their health checks. */
export interface SamplePrograms {
  readonly flask: Program;
  readonly flaskSocket: string;
  readonly gateway: Program;
  readonly gatewaySocket: string;
  readonly nginx: Program;
}

/** Renders the sample's deployment for this machine and writes the files; returns the programs that use them. */
export async function preparePrograms(
  root: string,
  state: StateFolder,
  host: HostFacts & { readonly port: number; readonly grpcPort: number },
  secrets: DemoSecrets,
  nginxAccount?: Account,
): Promise<SamplePrograms> {
  // Imported at run time, like the deployment file of a user.
  const file = join(root, 'apps/gateway/src/deployment.ts');
  const { deployment } = (await import(pathToFileURL(file).href)) as {
    deployment: (host: object) => Deployment;
  };
  const described = deployment({
    ...host,
    ...(nginxAccount && { nginxUser: nginxAccount.name }),
    folder: state.host,
    nginxTempFolder: state.nginxTemp,
    socketFolder: state.sockets,
    flaskFolder: join(root, 'apps/flask-model/src'),
    gunicorn: join(root, '.venv/bin/gunicorn'),
    flaskModels: state.flaskModels,
    registry: state.registry,
    keysFile: state.keys,
    jobsFolder: state.jobs,
    recordsFolder: state.records,
    capturesFolder: state.captures,
  });
  writeFiles(described);
  const flask = gunicornCommand(described);
  const flaskSocket = socketOf(described.flask?.listen);
  const gatewaySocket = socketOf(described.gateway.listen);
  const grpcSocket = socketOf(described.grpc?.gatewayListen);
  if (flask === undefined) throw new SampleError("The sample's deployment has no Python service.");
  // A socket left by a killed process would prevent the next one from listening.
  rmSync(flaskSocket, { force: true });
  // As with systemd, the sockets stay open while the gateway is restarted.
  const gid = nginxAccount?.gid;
  const sockets = [holdSocket(gatewaySocket, gid), holdSocket(grpcSocket, gid)];
  const base = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '/', LANG: 'C.UTF-8' };
  return {
    flaskSocket,
    gatewaySocket,
    flask: {
      name: 'flask',
      command: flask,
      environment: { ...base, ...flaskEnvironment(described) },
      workingFolder: state.work,
      stopSignal: 'SIGTERM',
    },
    gateway: {
      name: 'gateway',
      command: [
        process.execPath,
        '--conditions=@fairlead/source',
        join(root, 'apps/gateway/src/main.ts'),
      ],
      environment: {
        ...base,
        // Compiled code of earlier starts.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(state.root, 'compiled'),
        ...gatewayEnvironment(described),
        FAIRLEAD_LISTEN: 'fd:3',
        FAIRLEAD_GRPC_LISTEN: 'fd:4',
        FAIRLEAD_PEPPER: secrets.pepper,
      },
      sockets,
      workingFolder: state.work,
      stopSignal: 'SIGTERM',
    },
    nginx: {
      name: 'nginx',
      command: nginxCommand(described),
      environment: base,
      workingFolder: state.work,
      stopSignal: 'SIGQUIT',
      errorLog: described.layout.nginxErrorLog,
    },
  };
}

function socketOf(address: Parameters<typeof formatAddress>[0] | undefined): string {
  if (address?.kind !== 'unix')
    throw new SampleError("The sample's programs listen on Unix sockets.");
  return address.path;
}

function writeFiles(described: Deployment): void {
  for (const folder of requiredFolders(described)) mkdirSync(folder, { recursive: true });
  for (const { path, content, mode } of renderDeployment(described)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode });
  }
}
