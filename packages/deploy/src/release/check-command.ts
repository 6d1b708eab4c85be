import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';

const NODE = '/opt/fairlead/current/bin/node';
const MAIN = '/opt/fairlead/current/gateway/dist/main.js';

/** Rejects a deployment whose service isn't the application of the release: a host would refuse its unit, or run something else. */
export function checkCommand({ gateway }: Deployment): void {
  if (gateway.service === undefined || gateway.command?.includes(MAIN) === true) return;
  throw invalidOption(
    `gateway.command of the deployment is ${JSON.stringify(gateway.command)}: expected ${JSON.stringify([NODE, MAIN])}, where a host has Node and the service of a release.`,
  );
}
