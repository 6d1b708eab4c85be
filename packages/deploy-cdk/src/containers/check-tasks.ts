import { containerSettings, type Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';
import type { CiRoleOptions } from '../ci-role/ci-role-options.ts';
import { containersMiB, secretFolders } from './container-definitions.ts';
import type { ContainersOptions } from './containers-options.ts';
import { filesOf } from './task-secrets.ts';
import { taskSize } from './task-size.ts';

/** ECS stops a container on Fargate after two minutes. */
const MAX_STOP_MS = 120_000;

/** Rejects what a deployment has on hosts and tasks lack: folders that outlast them, certificates, ports of root. */
export function checkTasks(deployment: Deployment, { images }: ContainersOptions): void {
  const { nginx, gateway, flask, timeouts } = deployment;
  const settings = containerSettings(deployment);
  if (flask !== undefined && images.flask === undefined) {
    throw invalidOption(
      'Option containers.images.flask is not set, but the deployment has flask: give its image.',
    );
  }
  if (nginx.listen.scheme === 'https') {
    throw invalidOption(
      'nginx.listen.scheme of the deployment is "https", but the load balancer terminates TLS and tasks have no certificate: use { scheme: "http", address: "0.0.0.0:8080" }.',
    );
  }
  const { address } = nginx.listen;
  if (address.kind === 'tcp' && address.port < 1024) {
    throw invalidOption(
      `nginx.listen.address of the deployment has port ${address.port}, which needs a capability that tasks lack: use 1024 or above, such as 8080.`,
    );
  }
  if (timeouts.stopMs > MAX_STOP_MS) {
    throw invalidOption(
      `timeouts.stopMs of the deployment is ${timeouts.stopMs}, but Fargate ends a task after ${MAX_STOP_MS}: lower timeouts.requestMs.`,
    );
  }
  checkFolders(deployment);
  const { FAIRLEAD_REGISTRY: registry } = gateway.environment;
  if (registry?.startsWith('s3://') !== true) {
    throw invalidOption(
      `gateway.environment.FAIRLEAD_REGISTRY of the deployment is ${JSON.stringify(registry ?? '')}, a folder, which tasks don't share: use a bucket, such as "s3://acme-models/prod".`,
    );
  }
  const models = settings
    .flatMap(({ state }) => state)
    .find(({ kind, readOnly }) => kind === 'folder' && readOnly);
  if (models !== undefined) {
    throw invalidOption(
      `flask.environment.FAIRLEAD_MODEL_FOLDER of the deployment is ${models.path}, a folder of a host: put the models into the image, such as in /app/models.`,
    );
  }
  const folders = secretFolders(filesOf(deployment));
  if (folders.length > 1) {
    throw invalidOption(
      `The secrets of the deployment are files in ${folders.join(' and ')}: tasks have one folder of them. Use one.`,
    );
  }
  checkFiles(
    deployment,
    settings.flatMap(({ state }) => state),
  );
  checkMemory(deployment);
}

/** Rejects state that other tasks have to see, or that has to outlast its task, in a folder. */
function checkFolders({ gateway: { environment }, backup }: Deployment): void {
  const { FAIRLEAD_JOBS_FOLDER: jobs = '', FAIRLEAD_CAPTURE_LOCATION: captures = '' } = environment;
  if (jobs !== '') {
    throw invalidOption(
      `gateway.environment.FAIRLEAD_JOBS_FOLDER of the deployment is ${JSON.stringify(jobs)}, a folder, which tasks don't share: use FAIRLEAD_JOBS_QUEUE_URL and FAIRLEAD_JOBS_BUCKET, and option queue to create the queue.`,
    );
  }
  if (captures !== '' && !captures.startsWith('s3://')) {
    throw invalidOption(
      `gateway.environment.FAIRLEAD_CAPTURE_LOCATION of the deployment is ${JSON.stringify(captures)}, a folder, which ends with its task: use a bucket, such as "s3://acme-captures/prod".`,
    );
  }
  if (backup !== undefined) {
    throw invalidOption(
      `backup.to of the deployment is ${JSON.stringify(backup.to)}, for state on a host, which tasks don't have: leave backup out of the deployment. Option backup of the construct backs up its buckets.`,
    );
  }
}

/** Rejects permissions of the pipeline that are for hosts. */
export function checkPipeline(options: CiRoleOptions | undefined): void {
  const ofHosts = options?.permissions?.find((each) => each === 'hosts' || each === 'releases');
  if (ofHosts === undefined) return;
  throw invalidOption(
    `Option ciRole.permissions has "${ofHosts}", which is for hosts: use "images" to push images, and "stack" to update the tasks.`,
  );
}

/** A file comes from a secret of AWS, or is in no task. */
function checkFiles(
  { secrets, gateway }: Deployment,
  state: ReturnType<typeof containerSettings>[number]['state'],
): void {
  const known = new Set<string>(secrets.map(({ path }) => path));
  const missing = state.find(({ kind, path }) => kind === 'file' && !known.has(path));
  if (missing === undefined) return;
  const what = missing.path === gateway.service?.secretsFile ? ' with a variable' : '';
  throw invalidOption(
    `The deployment has the file ${missing.path}, which tasks lack: add a secret${what} to secrets, with that path and ssmParameter or secretsManager.`,
  );
}

function checkMemory(deployment: Deployment): void {
  const { memoryMiB } = taskSize(deployment);
  const needed = containersMiB(deployment);
  if (needed <= memoryMiB) return;
  throw invalidOption(
    `The containers need ${needed} MiB, but a task of the deployment's host has ${memoryMiB}: lower gateway.memoryBytes or flask.workers, or raise host.memoryBytes.`,
  );
}
