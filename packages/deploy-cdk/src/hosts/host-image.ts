import type { Deployment } from '@fairlead/deploy-config';
import { describeValue } from '@fairlead/signature';
import { Token } from 'aws-cdk-lib';
import {
  InstanceArchitecture,
  MachineImage,
  OperatingSystemType,
  UserData,
  type IMachineImage,
  type InstanceType,
} from 'aws-cdk-lib/aws-ec2';

import { checkOptions, invalidOption } from '../check-options.ts';

/** Image of the hosts: Debian, or another system with `apt`, Python 3 and cloud-init. */
export interface HostImage {
  /** Image by its id. Example: `'ami-0a1b2c3d4e5f67890'`. @defaultValue the image of `ssmParameter` */
  readonly imageId?: string;
  /**
   * Public or private parameter of SSM with the id of the newest image; CloudFormation reads it with each deployment of the stack.
   * Example: `'/shop/image'`.
   * @defaultValue the official image of the Debian that has the Nginx of the deployment
   */
  readonly ssmParameter?: string;
  /**
   * The image has the packages of Debian that a release needs (Nginx, for Python `python3-venv`, for automatic updates `unattended-upgrades`), so
   * that hosts need no access to Debian's servers. Example: `true`.
   * @defaultValue `false`: cloud-init installs them
   */
  readonly hasPackages?: boolean;
  /** Device of the root volume. Example: `'/dev/sda1'` for Ubuntu. @defaultValue `'/dev/xvda'`, that of Debian */
  readonly rootDevice?: string;
}

type NginxVersion = Deployment['target']['nginx'];

/** Debian by the version of Nginx that it has. */
const DEBIAN_BY_NGINX: Readonly<Record<string, number>> = { '1.22': 12, '1.26': 13 };

/** Rejects wrong options. */
export function checkHostImage(image: HostImage): void {
  checkOptions('hosts.image', image, {
    imageId: 'optional',
    ssmParameter: 'optional',
    hasPackages: 'optional',
    rootDevice: 'optional',
  });
  const { imageId, ssmParameter } = image;
  if (imageId !== undefined && ssmParameter !== undefined) {
    throw invalidOption(
      'Options hosts.image.imageId and hosts.image.ssmParameter both name an image: leave one of them out.',
    );
  }
  const isId = imageId === undefined || /^ami-[0-9a-f]{8,17}$/.test(imageId);
  if (!isId && !Token.isUnresolved(imageId)) {
    throw invalidOption(
      `Option hosts.image.imageId is ${describeValue(imageId)}: expected such as "ami-0a1b2c3d4e5f67890".`,
    );
  }
}

/** Returns the image of hosts. */
export function machineImage(
  image: HostImage,
  type: InstanceType,
  { target }: Pick<Deployment, 'target'>,
): IMachineImage {
  if (image.imageId !== undefined) {
    const { imageId } = image;
    // The images of MachineImage need the region of the stack.
    const userData = UserData.forLinux();
    return { getImage: () => ({ imageId, osType: OperatingSystemType.LINUX, userData }) };
  }
  return MachineImage.fromSsmParameter(image.ssmParameter ?? debianParameter(type, target.nginx));
}

function debianParameter(type: InstanceType, [major, minor, patch]: NginxVersion): string {
  const debian = DEBIAN_BY_NGINX[`${major}.${minor}`];
  if (debian === undefined) {
    throw invalidOption(
      `target.nginx of the deployment is ${major}.${minor}.${patch}, which is in no Debian that this package knows (1.22 is in Debian 12, 1.26 in Debian 13): set hosts.image.`,
    );
  }
  const architecture = type.architecture === InstanceArchitecture.ARM_64 ? 'arm64' : 'amd64';
  // https://wiki.debian.org/Cloud/AmazonEC2Image
  return `/aws/service/debian/release/${debian}/latest/${architecture}`;
}
