import type { z } from 'zod';

import { checkAddresses } from './checks/addresses.ts';
import { checkBodyLimits } from './checks/body-limits.ts';
import { checkCapacity } from './checks/capacity.ts';
import { checkConnections } from './checks/connections.ts';
import { checkEnvironment } from './checks/environment.ts';
import { checkKeepAlive } from './checks/keep-alive.ts';
import { checkRoutes } from './checks/routes.ts';
import { checkServices } from './checks/services.ts';
import { checkTarget } from './checks/target.ts';
import { checkTimeoutLadder } from './checks/timeout-ladder.ts';
import { DeploymentError, type DeploymentProblem } from './deployment-error.ts';
import type { DeploymentInput } from './deployment-input.ts';
import { deploymentSchema } from './deployment-schema.ts';
import type { Deployment } from './deployment.ts';
import { resolveDeployment } from './resolve-deployment.ts';

function problemOf(issue: z.core.$ZodIssue): DeploymentProblem {
  const setting = issue.path.map(String).join('.');
  const settings =
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => (setting === '' ? key : `${setting}.${key}`))
      : [setting];
  return {
    code: 'ERR_DEPLOYMENT_SETTING',
    settings,
    message: `${settings.join(', ') || 'The deployment'}: ${issue.message}`,
  };
}

/**
 * Checks a deployment as a whole and fills in every default.
 *
 * @throws DeploymentError with all problems, each naming the settings that disagree and how to fix them.
 */
export function defineDeployment(input: DeploymentInput): Deployment {
  const parsed = deploymentSchema.safeParse(input);
  if (!parsed.success) throw new DeploymentError(parsed.error.issues.map(problemOf));
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
    ...checkEnvironment(deployment),
  ];
  if (problems.length > 0) throw new DeploymentError(problems);
  return deployment;
}
