import type { Deployment } from '@fairlead/deploy-config';

import { invalidOption } from '../check-options.ts';
import { FARGATE_SIZES } from '../fargate/fargate-sizes.ts';

const GIBIBYTE_IN_MIB = 1024;

/** Processor units and MiB of a task. */
export interface TaskSize {
  readonly cpu: number;
  readonly memoryMiB: number;
}

/**
 * Returns the size of a Fargate task for the cores and the memory of a deployment's host: the largest that isn't above its memory.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION` for cores or a memory that Fargate doesn't offer.
 */
export function taskSize({ host }: Pick<Deployment, 'host'>): TaskSize {
  const { cores, memoryBytes } = host;
  const [from, to, step] = FARGATE_SIZES[cores] ?? [];
  if (from === undefined || to === undefined || step === undefined) {
    throw invalidOption(
      `host.cores of the deployment is ${cores}: Fargate offers ${Object.keys(FARGATE_SIZES).join(', ')}. Use one of them, or hosts on EC2.`,
    );
  }
  const gibibytes = memoryBytes / 1024 ** 3;
  const steps = Math.floor((gibibytes - from) / step);
  if (steps < 0 || gibibytes > to) {
    throw invalidOption(
      `host.memoryBytes of the deployment is ${memoryBytes}: with ${cores} cores Fargate offers ${from} to ${to} GiB, such as ${from * 1024 ** 3}.`,
    );
  }
  return { cpu: cores * 1024, memoryMiB: (from + steps * step) * GIBIBYTE_IN_MIB };
}
