import type { DeploymentProblem } from '../deployment-error.ts';
import type { ParsedDeployment } from '../deployment-schema.ts';
import type { Deployment } from '../deployment.ts';
import { didYouMean } from '../did-you-mean.ts';

const reserved = ['gateway', 'flask'];

/** Every route must have an existing upstream and a unique path. */
export function checkRoutes(
  { nginx: { routes }, flask }: Deployment,
  given: ParsedDeployment,
): DeploymentProblem[] {
  const problems: DeploymentProblem[] = [];
  const own = Object.keys(given.nginx.upstreams ?? {});
  for (const name of own.filter((upstream) => reserved.includes(upstream))) {
    problems.push({
      code: 'ERR_DEPLOYMENT_ROUTE',
      settings: [`nginx.upstreams.${name}`, `${name}.listen`],
      message: `nginx.upstreams.${name} already exists: it follows from ${name}.listen. Choose another name.`,
    });
  }
  const known = [...(flask ? reserved : ['gateway']), ...own];
  const seen = new Map<string, number>();
  for (const [index, { path, match, upstream }] of routes.entries()) {
    const setting = `nginx.routes.${index}`;
    if (!known.includes(upstream)) {
      problems.push({
        code: 'ERR_DEPLOYMENT_ROUTE',
        settings: [`${setting}.upstream`, 'nginx.upstreams'],
        message: `${setting}.upstream is "${upstream}", which is none of ${known.join(', ')}.${didYouMean(upstream, known)}`,
      });
    }
    const earlier = seen.get(`${match} ${path}`);
    if (earlier !== undefined) {
      problems.push({
        code: 'ERR_DEPLOYMENT_ROUTE',
        settings: [`nginx.routes.${earlier}`, setting],
        message: `${setting} and nginx.routes.${earlier} both match ${path} (${match}). Remove one of them.`,
      });
    }
    seen.set(`${match} ${path}`, index);
  }
  return problems;
}
