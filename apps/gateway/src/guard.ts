import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import {
  ApiKeySet,
  apiKeys,
  bodyLimit,
  chain,
  clientAddress,
  parseApiKeys,
  publicPaths,
  rateLimit,
  requestId,
  requireScope,
  secureHeaders,
  type Chain,
} from '@fairlead/security';
import type { Settings } from './settings.ts';

const MINUTE_MS = 60_000;
const isPublic = publicPaths('/', '/favicon.ico', '/v2/health/live', '/v2/health/ready');

/** Who may ask, and how much: everything that happens before a request reaches a model. */
export function createGuard(settings: Settings): Chain {
  const { keysFile, pepper = '', maxBodyBytes, rateLimit: limit } = settings;
  const trusted = [requestId(), secureHeaders({ strictTransportSeconds: 0 })];
  const bounded = bodyLimit({ maxBodyBytes, mediaTypes: ['application/json'] });
  const limited = rateLimit({
    windowMs: MINUTE_MS,
    limit,
    address: clientAddress({ trustedProxies: ['unix', 'loopback'] }),
    skip: isPublic,
  });
  if (keysFile === undefined) return chain(...trusted, bounded, limited);
  const records = parseApiKeys(readFileSync(keysFile, 'utf8'));
  const keys = new ApiKeySet({ pepper, records });
  return chain(
    ...trusted,
    bounded,
    apiKeys({ keys, isPublic }),
    requireScope(neededScope),
    limited,
  );
}

/** Inference needs `infer:<model>`, the metrics `metrics`; everything else any key, but the public paths. */
function neededScope(req: IncomingMessage): string | undefined {
  const path = (req.url ?? '/').split('?', 1)[0] ?? '/';
  if (path === '/metrics') return 'metrics';
  const model = /^\/v2\/models\/([^/]+)\/(?:versions\/[^/]+\/)?infer$/.exec(path)?.[1];
  return model === undefined ? undefined : `infer:${decodeName(model)}`;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
