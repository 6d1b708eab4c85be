import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { derivedFlaskEnvironment } from '../environment/flask-environment.ts';
import { derivedGatewayEnvironment } from '../environment/gateway-environment.ts';

/** A variable that follows from the deployment must not be set a second time by hand. */
export function checkEnvironment(deployment: Deployment): DeploymentProblem[] {
  const { gateway, flask } = deployment;
  const sides = [
    ['gateway.environment', gateway.environment, derivedGatewayEnvironment(deployment)],
    [
      'flask.environment',
      flask?.environment ?? {},
      derivedFlaskEnvironment(deployment, flask?.modelThreads ?? 1),
    ],
  ] as const;
  return sides.flatMap(([setting, given, derived]) =>
    Object.keys(given)
      .filter((name) => Object.hasOwn(derived, name))
      .map((name) => ({
        code: 'ERR_DEPLOYMENT_ENVIRONMENT' as const,
        settings: [`${setting}.${name}`],
        message: `${setting}.${name} follows from the deployment's other settings. Remove it, and change the setting it stands for.`,
      })),
  );
}
