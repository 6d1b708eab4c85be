import { inferenceTarget, type Protocol } from '@fairlead/serving';

/** Makes the function that groups paths for the metrics; a few fixed words, whatever clients ask for. */
export function routeGroups(protocols: readonly Protocol[]): (path: string) => string | undefined {
  return function routeGroup(path) {
    if (path === '/') return 'home';
    if (path === '/docs' || path === '/openapi.json') return 'docs';
    if (path === '/metrics') return 'metrics';
    if (path.startsWith('/v2/health/')) return 'health';
    if (path.startsWith('/v2/jobs/')) return 'jobs';
    if (inferenceTarget(protocols, path) !== undefined) return 'infer';
    return protocols.some((protocol) => protocol.route(path) !== undefined) ? 'model' : undefined;
  };
}
