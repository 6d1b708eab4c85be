import type { Deployment } from '@fairlead/deploy-config';
import { Duration } from 'aws-cdk-lib';
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
import type { Storage } from '../storage/storage.ts';
import { storedObjects, type StoredObjects } from '../storage/stored-objects.ts';
import { trustedTokens, type CiPermission, type CiRoleOptions } from './ci-role-options.ts';
import { ciStatements } from './ci-statements.ts';

/** Properties of {@link CiRole}. */
export interface CiRoleProps {
  readonly deployment: Deployment;
  /** Options of `ModelService`. */
  readonly options: CiRoleOptions;
  /** Buckets of the service. @defaultValue none */
  readonly storage?: Storage | undefined;
  /** ARNs of the repositories in Amazon ECR that have the images of containers. @defaultValue none */
  readonly repositoryArns?: readonly string[] | undefined;
  /** Name of the Auto Scaling group of the hosts. @defaultValue none */
  readonly autoScalingGroup?: string | undefined;
  /** ARNs of the target groups of the hosts. @defaultValue none */
  readonly targetGroupArns?: readonly string[] | undefined;
  /** ARN of the parameter with the release of new hosts. @defaultValue none */
  readonly releaseParameterArn?: string | undefined;
}

const REASON =
  'Archives, commands and versions are named by the pipeline; the condition limits instances to the hosts; some actions have no resources.';

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
      maxSessionDuration: Duration.hours(1),
      assumedBy: new WebIdentityPrincipal(providerArn ?? this.provider?.attrArn ?? '', {
        StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: subject },
      }),
    });
    const registry = storedObjects(deployment).find(({ kind }) => kind === 'registry');
    checkPermissions(permissions, { ...props, registry });
    this.statements = ciStatements(permissions, {
      qualifier: options.bootstrapQualifier ?? 'hnb659fds',
      releases: storage?.releases && {
        bucketArn: storage.releases.bucketArn,
        commandPrefix: storage.commandPrefix,
      },
      repositoryArns: repositoryArns ?? [],
      keyArns: storage ? [storage.key.keyArn] : [],
      registry,
      autoScalingGroup: props.autoScalingGroup,
      targetGroupArns: props.targetGroupArns ?? [],
      releaseParameterArn: props.releaseParameterArn,
    });
    const { role, statements } = this;
    const policy = new Policy(this, 'Policy', { roles: [role], statements: [...statements] });
    acknowledgeWildcards(policy, statements, REASON);
  }
}

/** Rejects permissions on what the service doesn't have. */
function checkPermissions(
  permissions: readonly CiPermission[],
  {
    storage,
    repositoryArns,
    registry,
  }: CiRoleProps & { readonly registry: StoredObjects | undefined },
): void {
  if (permissions.includes('releases') && storage?.releases === undefined) {
    throw invalidOption(
      'Option ciRole.permissions has "releases", but there is no bucket of releases: set storage, or leave "releases" out.',
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
