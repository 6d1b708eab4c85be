import { checkAddresses } from './checks/addresses.ts';
import { checkBodyLimits } from './checks/body-limits.ts';
import { checkCapacity } from './checks/capacity.ts';
import { checkConnections } from './checks/connections.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkKeepAlive } from './checks/keep-alive.ts';
import { checkRoutes } from './checks/routes.ts';
import { checkSecrets } from './checks/secrets.ts';
import { checkServices, missingForSystemd } from './checks/services.ts';
import { checkState } from './checks/state.ts';
import { checkTarget } from './checks/target.ts';
import { checkTimeoutLadder } from './checks/timeout-ladder.ts';
import { DeploymentError } from './deployment-error.ts';
import type { DeploymentInput } from './deployment-input.ts';
import { deploymentSchema } from './deployment-schema.ts';
import type { Deployment } from './deployment.ts';
import { expandLayout } from './expand-layout.ts';
import { resolveDeployment } from './resolve-deployment.ts';
import { schemaProblems } from './schema-problems.ts';

/**
 * Checks a deployment as a whole and fills in all defaults.
 *
 * @throws DeploymentError with all problems, each naming the settings that disagree and how to fix them. An unknown setting
 * is a problem too.
 *
 * @example
 * ```ts
 * import { defineDeployment, folderLayout } from '@fairlead/deploy-config';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: folderLayout('/tmp/my-service'),
 *   nginx: { listen: { scheme: 'http', address: '127.0.0.1:8080' } },
 *   gateway: { listen: '127.0.0.1:3000' },
 * });
 * console.log(deployment.timeouts.nginxReadMs); // 35000
 * ```
 */
export function defineDeployment(input: DeploymentInput): Deployment {
  const expanded = expandLayout(input);
  const parsed = deploymentSchema.safeParse(expanded);
  if (!parsed.success) {
    throw new DeploymentError([
      ...schemaProblems(parsed.error.issues, expanded),
      ...missingForSystemd(expanded),
    ]);
  }
  const given = parsed.data;
  const deployment = resolveDeployment(given);
  const problems = [
    ...checkTarget(deployment),
    ...checkTimeoutLadder(deployment),
    ...checkKeepAlive(deployment),
    ...checkBodyLimits(deployment, given),
    ...checkAddresses(deployment, given),
    ...checkRoutes(deployment, given),
    ...checkCapacity(deployment),
    ...checkConnections(deployment),
    ...checkServices(deployment),
    ...checkSecrets(deployment),
    ...checkState(deployment),
    ...checkEnvironment(deployment),
  ];
  if (problems.length > 0) throw new DeploymentError(problems);
  return deployment;
}
