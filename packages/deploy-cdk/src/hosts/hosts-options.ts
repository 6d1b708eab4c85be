import { describeValue } from '@fairlead/signature';
import type { IKey } from 'aws-cdk-lib/aws-kms';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { checkScalingOptions, type ScalingOptions } from '../scaling/scaling-options.ts';
import { checkHostImage, type HostImage } from './host-image.ts';

/** Hosts of a `ModelService`. */
export interface HostsOptions {
  /** Type of the instances, with at least the cores and the memory of the deployment's `host`. Example: `'m7g.large'`. */
  readonly instanceType: string;
  /** Image of the hosts. Example: `{ ssmParameter: '/shop/image', hasPackages: true }`. @defaultValue the newest official image of Debian */
  readonly image?: HostImage;
  /** Hosts at least, 0 to 1000; two are in two Availability Zones. With 0, the group begins empty, and auto scaling keeps its last host. Example: `3`. @defaultValue `2` */
  readonly min?: number;
  /** Hosts at most. Example: `12`. @defaultValue twice `min` */
  readonly max?: number;
  /** Size of the root volume in GB, 10 to 16,384. Example: `50`. @defaultValue `20` */
  readonly diskGb?: number;
  /** KMS key of the root volume; its policy must let the service-linked role of Auto Scaling use it. Example: `new Key(this, 'Disks')`. @defaultValue the key of EBS in the account */
  readonly diskKey?: IKey;
  /** Seconds until a host has loaded its models: the result of `fairlead size`; a new host counts 60 seconds after. Example: `20`. @defaultValue `60` */
  readonly modelLoadSeconds?: number;
  /** Minutes until a new host must have reported that golden predictions were right, 5 to 120. Example: `20`. @defaultValue `15` */
  readonly firstBootMinutes?: number;
  /** Number of hosts for the traffic. Example: `{ requestsPerSecond: 180 }`. @defaultValue hosts are added above 60 % processor time */
  readonly scaling?: ScalingOptions;
}

/** Highest `firstBootMinutes`, and minutes in which the first host of a stack must have reported. */
export const MAX_FIRST_BOOT_MINUTES = 120;

/** Rejects wrong options. */
export function checkHostsOptions(options: HostsOptions): void {
  checkOptions('hosts', options, {
    instanceType: 'required',
    image: 'optional',
    min: 'optional',
    max: 'optional',
    diskGb: 'optional',
    diskKey: 'optional',
    modelLoadSeconds: 'optional',
    firstBootMinutes: 'optional',
    scaling: 'optional',
  });
  const { instanceType, image = {}, scaling = {}, min = 2, max = Math.max(1, 2 * min) } = options;
  if (!/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(instanceType)) {
    throw invalidOption(
      `Option hosts.instanceType is ${describeValue(instanceType)}: expected a type such as "m7g.large".`,
    );
  }
  checkHostImage(image);
  checkScalingOptions('hosts.scaling', scaling);
  checkWholeNumber('hosts.min', min, { min: 0, max: 1000 });
  checkWholeNumber('hosts.max', max, { min: Math.max(1, min), max: 1000 });
  const { diskGb = 20, modelLoadSeconds = 60, firstBootMinutes = 15 } = options;
  checkWholeNumber('hosts.diskGb', diskGb, { min: 10, max: 16_384 });
  checkWholeNumber('hosts.modelLoadSeconds', modelLoadSeconds, { min: 0, max: 3600 });
  checkWholeNumber('hosts.firstBootMinutes', firstBootMinutes, {
    ...{ min: 5, max: MAX_FIRST_BOOT_MINUTES },
  });
}
