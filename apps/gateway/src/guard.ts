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
  type Middleware,
} from '@fairlead/security';
import { requestAccess, type Dialect } from '@fairlead/serving';
import { forSetting } from './settings-error.ts';
import type { Settings } from './settings.ts';

const MINUTE_MS = 60_000;
const isPublic = publicPaths('/', '/favicon.ico', '/v2/health/live', '/v2/health/ready');

/** Who may ask, and how much. */
export interface Guard {
  /** Everything that happens before a request reaches a model. */
  readonly chain: Chain;
  /** A step in front of a route that needs a scope of its own. */
  requires(scope: string): Middleware;
}

/**
 * Makes the guard: with a keys file everybody needs a key, except for the public paths.
 *
 * @throws SettingsError when the keys can't be read.
 */
export function createGuard(settings: Settings, dialects: readonly Dialect[]): Guard {
  const { keysFile, pepper = '', maxBodyBytes, rateLimit: limit } = settings;
  const trusted = [requestId(), secureHeaders({ strictTransportSeconds: 0 })];
  const bounded = bodyLimit({
    maxBodyBytes,
    mediaTypes: [...new Set(dialects.flatMap(({ mediaTypes }) => mediaTypes))],
    contentEncodings: ['identity', 'gzip', 'deflate'],
    allowMissingType: true,
  });
  const limited = rateLimit({
    windowMs: MINUTE_MS,
    limit,
    address: clientAddress({ trustedProxies: ['unix', 'loopback'] }),
    skip: isPublic,
  });
  if (keysFile === undefined) {
    return {
      chain: chain(...trusted, bounded, limited),
      requires: () => (_req, _res, next) => {
        next();
      },
    };
  }
  const keys = forSetting('FAIRLEAD_KEYS_FILE', () => {
    const records = parseApiKeys(readFileSync(keysFile, 'utf8'));
    return new ApiKeySet({ pepper, records });
  });
  return {
    chain: chain(
      ...trusted,
      bounded,
      apiKeys({ keys, isPublic }),
      requireScope(neededScope(dialects)),
      limited,
    ),
    requires: (scope) => requireScope(scope),
  };
}

/** Inference needs `infer:<model>`, changing what is served `admin`; metadata and readiness of models any key. */
function neededScope(dialects: readonly Dialect[]): (req: IncomingMessage) => string | undefined {
  return ({ method, url = '/' }) => {
    const access = requestAccess(dialects, method, url);
    if (access?.type === 'infer') return `infer:${access.target.model}`;
    return access?.type === 'administer' ? 'admin' : undefined;
  };
}
