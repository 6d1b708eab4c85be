import { inferenceTarget, type Dialect } from '@fairlead/serving';

/** Makes the function that groups paths for the metrics; a few fixed words, whatever clients ask for. */
export function routeGroups(dialects: readonly Dialect[]): (path: string) => string | undefined {
  return function routeGroup(path) {
    if (path === '/') return 'home';
    if (path === '/docs' || path === '/openapi.json') return 'docs';
    if (path === '/metrics') return 'metrics';
    if (path.startsWith('/v2/health/')) return 'health';
    if (path.startsWith('/v2/jobs/')) return 'jobs';
    if (inferenceTarget(dialects, path) !== undefined) return 'infer';
    return dialects.some((dialect) => dialect.route(path) !== undefined) ? 'model' : undefined;
  };
}
