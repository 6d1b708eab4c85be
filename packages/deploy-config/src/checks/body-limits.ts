import type { DeploymentProblem } from '../deployment-error.ts';
import type { ParsedDeployment } from '../deployment-schema.ts';
import type { Deployment } from '../deployment.ts';

/** Nginx, gateway and Flask must refuse the same bodies: else one accepts what the next one refuses. */
export function checkBodyLimits(
  { maxBodyBytes }: Deployment,
  given: ParsedDeployment,
): DeploymentProblem[] {
  const limits = [
    ['nginx.maxBodyBytes', given.nginx.maxBodyBytes],
    ['gateway.maxBodyBytes', given.gateway.maxBodyBytes],
    ['flask.maxBodyBytes', given.flask?.maxBodyBytes],
  ] as const;
  return limits.flatMap(([setting, limit]) => {
    if (limit === undefined || limit === maxBodyBytes) return [];
    return {
      code: 'ERR_DEPLOYMENT_BODY_LIMIT',
      settings: ['maxBodyBytes', setting],
      message:
        `${setting} is ${limit}, but maxBodyBytes is ${maxBodyBytes}: what one server accepts, the next would refuse. ` +
        `Leave ${setting} out, or make both equal.`,
    };
  });
}
