import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';
import { derivedFlaskEnvironment } from '../environment/flask-environment.ts';
import { derivedGatewayEnvironment } from '../environment/gateway-environment.ts';

/** A user and a password in an address, such as `rediss://:password@cache:6379`. */
const CREDENTIALS = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s]*:[^/?#\s]+@/i;

/** A variable that follows from the deployment must not be set a second time by hand, and none may hold a password: rendered files and releases contain it. */
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
    Object.entries(given).flatMap(([name, value]) => {
      const problem = (message: string): DeploymentProblem => ({
        code: 'ERR_DEPLOYMENT_ENVIRONMENT',
        settings: [`${setting}.${name}`],
        message: `${setting}.${name} ${message}`,
      });
      if (Object.hasOwn(derived, name)) {
        return [
          problem(
            "follows from the deployment's other settings. Remove it, and change the setting it stands for.",
          ),
        ];
      }
      if (!CREDENTIALS.test(value)) return [];
      return [
        problem(
          `has a password, which would be in rendered files and releases. Remove it, and add a secret with variable: '${name}' to secrets.`,
        ),
      ];
    }),
  );
}
