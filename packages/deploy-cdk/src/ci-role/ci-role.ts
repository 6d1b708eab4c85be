import type { Deployment } from '@fairlead/deploy-config';
import { Aws, Duration } from 'aws-cdk-lib';
import {
  CfnOIDCProvider,
  Policy,
  Role,
  WebIdentityPrincipal,
  type PolicyStatement,
} from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { acknowledgeWildcards } from '../nag/acknowledge.ts';
import { DEFAULT_PREFIX, type ReleaseOptions } from '../hosts/release-options.ts';
import { DEFAULT_COMMAND_PREFIX } from '../storage/storage-options.ts';
import type { Storage } from '../storage/storage.ts';
import { storedObjects, type StoredObjects } from '../storage/stored-objects.ts';
import {
  environmentOf,
  trustedTokens,
  type CiPermission,
  type CiRoleOptions,
} from './ci-role-options.ts';
import { ciStatements, type CiReleases } from './ci-statements.ts';

/** Properties of {@link CiRole}. */
export interface CiRoleProps {
  /** Deployment that the pipeline deploys. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Options of `ModelService`. Example: `{ github: { repository: 'acme/shop', environment: 'production' } }`. */
  readonly options: CiRoleOptions;
  /** Buckets of the service. Example: `new Storage(this, 'Storage', { deployment })`. @defaultValue none */
  readonly storage?: Storage | undefined;
  /** Bucket that hosts read releases from, which is that of commands too. Example: `{ bucket: 'acme-shop-releases' }`. @defaultValue the bucket of releases of `storage` */
  readonly release?: Pick<ReleaseOptions, 'bucket' | 'prefix' | 'keyArn'> | undefined;
  /** ARNs of the repositories in Amazon ECR that have the images of containers. Example: `['arn:aws:ecr:eu-central-1:111122223333:repository/shop-gateway']`. @defaultValue none */
  readonly repositoryArns?: readonly string[] | undefined;
  /** Name of the Auto Scaling group of the hosts. Example: `'Shop-Hosts'`. @defaultValue none */
  readonly autoScalingGroup?: string | undefined;
  /** ARNs of the target groups of the hosts. Example: `[balancer.targetGroup.targetGroupArn]`. @defaultValue none */
  readonly targetGroupArns?: readonly string[] | undefined;
  /** ARN of the parameter with the release of new hosts. Example: `'arn:aws:ssm:eu-central-1:111122223333:parameter/shop/prod/release'`. @defaultValue none */
  readonly releaseParameterArn?: string | undefined;
}

/** Time of the sessions that the pipelines of `fairlead init --ci` request, which their longest job doesn't exceed. */
const SESSION_HOURS = 2;

/**
 * Role of a pipeline, which it assumes with the token of a job: of one repository and environment of GitHub, or of one project and branch of GitLab. It has
 * no long-lived key, and the permissions of `permissions` alone.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { CiRole } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: { command: ['/opt/fairlead/current/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const github = { repository: 'acme/shop', environment: 'production' };
 * const options = { github, permissions: ['stack'] } as const;
 * const { subject } = new CiRole(new Stack(new App(), 'Shop'), 'CiRole', { deployment, options });
 * console.log(subject); // repo:acme/shop:environment:production
 * ```
 */
export class CiRole extends Construct {
  readonly role: Role;
  readonly policy: Policy;
  /** Permissions of the role. */
  readonly statements: readonly PolicyStatement[];
  /** New identity provider; `undefined` with `providerArn`. */
  readonly provider: CfnOIDCProvider | undefined;
  /** Subject of the tokens that the role trusts. */
  readonly subject: string;

  constructor(scope: Construct, id: string, props: CiRoleProps) {
    super(scope, id);
    const { deployment, options, storage, repositoryArns } = props;
    const { url, audience, subject } = trustedTokens(options);
    this.subject = subject;
    const { providerArn, roleName } = options;
    const permissions =
      options.permissions ??
      (repositoryArns === undefined ? ['stack', 'releases'] : ['stack', 'images']);
    this.provider =
      providerArn === undefined
        ? new CfnOIDCProvider(this, 'Provider', { url, clientIdList: [audience] })
        : undefined;
    const issuer = url.replace('https://', '');
    this.role = new Role(this, 'Role', {
      ...(roleName !== undefined && { roleName }),
      description: `Pipeline of ${deployment.name}: ${subject}`,
      maxSessionDuration: Duration.hours(SESSION_HOURS),
      assumedBy: new WebIdentityPrincipal(providerArn ?? this.provider?.attrArn ?? '', {
        StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subject },
      }),
    });
    const registry = storedObjects(deployment).find(({ kind }) => kind === 'registry');
    checkPermissions(permissions, { ...props, registry });
    const { release } = props;
    this.statements = ciStatements(permissions, {
      qualifier: options.bootstrapQualifier ?? 'hnb659fds',
      releases: releasesOf(props, permissions),
      repositoryArns: repositoryArns ?? [],
      keyArns: [...new Set([storage?.key.keyArn ?? [], release?.keyArn ?? []].flat())],
      registry,
      autoScalingGroup: props.autoScalingGroup,
      targetGroupArns: props.targetGroupArns ?? [],
      releaseParameterArn: props.releaseParameterArn,
    });
    const { role, statements } = this;
    this.policy = new Policy(this, 'Policy', { roles: [role], statements: [...statements] });
    acknowledgeWildcards(this.policy, statements);
  }
}

/** Returns the bucket of releases and commands with its prefixes; `undefined` without one. */
function releasesOf(
  { options, storage, release }: CiRoleProps,
  permissions: readonly CiPermission[],
): CiReleases | undefined {
  const bucketArn =
    release === undefined
      ? storage?.releases?.bucketArn
      : `arn:${Aws.PARTITION}:s3:::${release.bucket}`;
  if (bucketArn === undefined) return undefined;
  const prefix = release?.prefix ?? DEFAULT_PREFIX;
  const storePrefix = /^(?:(.+)\/)?archives\/$/.exec(prefix);
  if (storePrefix === null && permissions.includes('releases')) {
    throw invalidOption(
      `Option release.prefix is ${JSON.stringify(prefix)}, where no release store has its archives, so that ciRole can't have "releases": use such as "releases/archives/", or leave "releases" out.`,
    );
  }
  const commands = storage?.commandPrefix ?? DEFAULT_COMMAND_PREFIX;
  return {
    ...{ bucketArn, storePrefix: storePrefix?.[1] ?? '' },
    commandPrefix: permissions.includes('hosts')
      ? `${commands}/${environmentOf(options)}`
      : commands,
  };
}

/** Rejects permissions on what the service doesn't have. */
function checkPermissions(
  permissions: readonly CiPermission[],
  {
    storage,
    release,
    repositoryArns,
    registry,
  }: CiRoleProps & { readonly registry: StoredObjects | undefined },
): void {
  for (const permission of ['releases', 'hosts'] as const) {
    const hasBucket = release !== undefined || storage?.releases !== undefined;
    if (hasBucket || !permissions.includes(permission)) continue;
    throw invalidOption(
      `Option ciRole.permissions has "${permission}", but there is no bucket of releases, which commands on hosts need too: set release.bucket or storage, or leave "${permission}" out.`,
    );
  }
  if (permissions.includes('images') && repositoryArns === undefined) {
    throw invalidOption(
      'Option ciRole.permissions has "images", but hosts run releases: leave "images" out, or run the deployment as a ContainerService.',
    );
  }
  if (permissions.includes('models') && registry === undefined) {
    throw invalidOption(
      'Option ciRole.permissions has "models", but the registry of the deployment is not in S3: set FAIRLEAD_REGISTRY to "s3://bucket/prefix", or leave "models" out.',
    );
  }
}
