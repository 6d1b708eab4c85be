import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { gatewayBytes } from '../gateway-bytes.ts';

/** More threads than cores only share them, and with too little memory the kernel kills a worker. */
export function checkCapacity({ host, gateway, flask }: Deployment): DeploymentProblem[] {
  const problems: DeploymentProblem[] = [];
  // Native code releases Python's global lock, so every request thread may compute at once.
  const threads = flask ? flask.workers * flask.threads * flask.modelThreads : 0;
  if (flask && threads > host.cores) {
    problems.push({
      code: 'ERR_DEPLOYMENT_CORES',
      settings: ['flask.workers', 'flask.threads', 'flask.modelThreads', 'host.cores'],
      message:
        `flask.workers × flask.threads × flask.modelThreads is ${flask.workers} × ${flask.threads} × ${flask.modelThreads} = ${threads}, ` +
        `but host.cores is ${host.cores}: threads would wait for each other. Lower one of them.`,
    });
  }
  const flaskBytes = flask ? flask.workers * flask.workerMemoryBytes : 0;
  const wanted = flaskBytes + gatewayBytes(gateway);
  if (wanted > host.memoryBytes) {
    problems.push({
      code: 'ERR_DEPLOYMENT_MEMORY',
      settings: [
        ...(flask ? ['flask.workers', 'flask.workerMemoryBytes'] : []),
        ...(gateway.processes > 1 ? ['gateway.processes'] : []),
        'gateway.memoryBytes',
        'host.memoryBytes',
      ],
      message:
        (flask
          ? `flask.workers × flask.workerMemoryBytes (${flask.workers} × ${flask.workerMemoryBytes}) plus `
          : '') +
        (gateway.processes > 1
          ? `gateway.processes × gateway.memoryBytes (${gateway.processes} × ${gateway.memoryBytes}) and the process that starts them are together `
          : `gateway.memoryBytes (${gateway.memoryBytes}) is `) +
        `${wanted}, but host.memoryBytes is ${host.memoryBytes}: ` +
        `the kernel would kill one of them. Use fewer workers${gateway.processes > 1 ? ' or processes' : ''}, smaller models, or a larger host.`,
    });
  }
  return problems;
}
