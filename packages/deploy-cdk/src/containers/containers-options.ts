import { describeValue } from '@fairlead/signature';
import { Token } from 'aws-cdk-lib';

import { checkOneOf, checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { repositoryOf } from '../fargate/image-repository.ts';
import { checkScalingOptions, type ScalingOptions } from '../scaling/scaling-options.ts';

/** Images of the programs, from the Dockerfiles of `fairlead render docker`: in Amazon ECR, each with its digest. */
export interface ContainerImages {
  /** Image of the gateway. Example: `'111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-gateway@sha256:…'`. */
  readonly gateway: string;
  /** Image of Nginx. Example: `'111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-nginx@sha256:…'`. */
  readonly nginx: string;
  /** Image of Flask; required with `flask` in the deployment. Example: `'111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-flask@sha256:…'`. @defaultValue none */
  readonly flask?: string;
}

/** Tasks of a `ContainerService`. */
export interface ContainersOptions {
  /** Images. Example: `{ gateway: '….dkr.ecr.eu-central-1.amazonaws.com/shop-gateway@sha256:…', nginx: '…' }`. */
  readonly images: ContainerImages;
  /** Processor of the images. Example: `'arm64'`. @defaultValue `'x64'` */
  readonly processor?: 'x64' | 'arm64';
  /** Fewest tasks, 1 to 1000. Example: `3`. @defaultValue `2`, in two Availability Zones */
  readonly min?: number;
  /** Most tasks, up to 1000; as many as `min` for no scaling. Example: `12`. @defaultValue twice `min` */
  readonly max?: number;
  /**
   * Seconds until a task has loaded its models, up to 240: the result of `fairlead size`; a new task counts 60 seconds after. Example: `20`.
   * @defaultValue `60`
   */
  readonly modelLoadSeconds?: number;
  /** Number of tasks for the traffic. Example: `{ requestsPerSecond: 180 }`. @defaultValue tasks are added above 60 % processor time */
  readonly scaling?: ScalingOptions;
  /** Number of the account in the images, `user` of `containers`. Example: `20000`. @defaultValue `10001` */
  readonly user?: number;
}

const NAMES = ['gateway', 'nginx', 'flask'] as const;

/** Rejects wrong options. */
export function checkContainersOptions(options: ContainersOptions): void {
  checkOptions('containers', options, {
    images: 'required',
    processor: 'optional',
    min: 'optional',
    max: 'optional',
    modelLoadSeconds: 'optional',
    scaling: 'optional',
    user: 'optional',
  });
  const { images, processor, min = 2, max = 2 * min, user } = options;
  checkOptions('containers.images', images, {
    gateway: 'required',
    nginx: 'required',
    flask: 'optional',
  });
  for (const name of NAMES) checkImage(name, images[name]);
  if (processor !== undefined) checkOneOf('containers.processor', processor, ['x64', 'arm64']);
  checkWholeNumber('containers.min', min, { min: 1, max: 1000 });
  checkWholeNumber('containers.max', max, { min, max: 1000 });
  // A health check of ECS tolerates failures for 300 seconds at most.
  const { modelLoadSeconds = 60, scaling } = options;
  checkWholeNumber('containers.modelLoadSeconds', modelLoadSeconds, { min: 0, max: 240 });
  checkScalingOptions('containers.scaling', scaling ?? {});
  if (scaling !== undefined && max === min) {
    throw invalidOption(
      `Option containers.scaling changes the number of tasks, but containers.min and containers.max are both ${min}: raise containers.max, or leave containers.scaling out.`,
    );
  }
  if (user !== undefined) checkWholeNumber('containers.user', user, { min: 1, max: 2 ** 31 - 1 });
}

function checkImage(name: string, image: string | undefined): void {
  if (image === undefined || repositoryOf(image).name !== '') return;
  const unresolved = Token.isUnresolved(image) ? ' Tokens of CDK are unknown here.' : '';
  throw invalidOption(
    `Option containers.images.${name} is ${describeValue(image)}: expected an image of Amazon ECR with its digest, such as "111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop-${name}@sha256:…".${unresolved}`,
  );
}
