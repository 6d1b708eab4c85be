import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';

/** Returns whether hosts count for rate limits and quotas in the cache: a count that is evicted would begin again. */
export function countsLimits({ secrets }: Deployment): boolean {
  return secrets.some(({ variable }) => variable === 'FAIRLEAD_LIMITS_REDIS_URL');
}

/**
 * Returns the names of the secrets in Secrets Manager from which hosts read the address of Redis or Valkey: those of variables that end in `_REDIS_URL`.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` when there is none, or one is an ARN or a member of a secret.
 */
export function cacheSecrets({ secrets }: Deployment): readonly string[] {
  const names = secrets.flatMap(({ name, from, variable }) => {
    if (variable?.endsWith('_REDIS_URL') !== true || !('secretsManager' in from)) return [];
    if (from.key === undefined && /^[\w/+=.@-]{1,512}$/.test(from.secretsManager)) {
      return [from.secretsManager];
    }
    throw invalidOption(
      `Secret ${JSON.stringify(name)} of the deployment is read from ${JSON.stringify(from.secretsManager)}: option cache needs a name without a key, because it creates the secret.`,
    );
  });
  if (names.length > 0) return [...new Set(names)];
  throw invalidOption(
    'Option cache needs a secret of the deployment that hosts read its address from, such as { name: "cache", from: { secretsManager: "shop/cache" }, path: "/etc/shop/cache.env", variable: "FAIRLEAD_REDIS_URL" } in secrets.',
  );
}
