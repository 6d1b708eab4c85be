import { requestAccess, type Protocol } from '@fairlead/serving';
import type { IncomingMessage } from 'node:http';

/** Creates the function that groups requests for the metrics: a few fixed words, independent of what clients send. */
export function routeGroups(
  protocols: readonly Protocol[],
): (path: string, req: IncomingMessage) => string | undefined {
  return function routeGroup(path, req) {
    if (path === '/') return 'home';
    if (path === '/docs' || path === '/openapi.json') return 'docs';
    if (path === '/metrics') return 'metrics';
    if (path === '/console.json') return 'console';
    if (path.startsWith('/v2/health/')) return 'health';
    if (path.startsWith('/v2/jobs/')) return 'jobs';
    if (path === '/v2/outcomes') return 'outcomes';
    if (/^\/v2\/models\/[^/]+\/labels$/.test(path)) return 'labels';
    // Express shortens the URL of a request that a mounted application answers.
    const sent = req.url?.startsWith(path) === true ? req : { method: req.method, url: path };
    const access = requestAccess(protocols, sent);
    if (access === undefined) return undefined;
    return access.type === 'infer' ? 'infer' : 'model';
  };
}
