import type { Deployment } from '@fairlead/deploy-config';
import { Aws, Fn, RemovalPolicy, Token } from 'aws-cdk-lib';
import { Port, SecurityGroup, type IConnectable } from 'aws-cdk-lib/aws-ec2';
import {
  CfnParameterGroup,
  CfnReplicationGroup,
  CfnSubnetGroup,
} from 'aws-cdk-lib/aws-elasticache';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnSecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import { checkOptions, checkWholeNumber, invalidOption } from '../check-options.ts';
import { acknowledgeRule } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';
import { cacheSecrets, countsLimits } from './cache-secrets.ts';

/** Valkey of ElastiCache for shared limits and cached responses. */
export interface CacheOptions {
  /** Type of the nodes. Example: `'cache.r7g.large'`. @defaultValue `'cache.t4g.small'` */
  readonly nodeType?: string;
  /** Nodes, 2 to 6, in different Availability Zones: one is the primary. Example: `3`. @defaultValue `2` */
  readonly nodes?: number;
  /** Port of the nodes. Example: `6379`. @defaultValue `6380` */
  readonly port?: number;
}

/** Properties of {@link Cache}. */
export interface CacheProps {
  /** Deployment that names the secrets with the address. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Network of the hosts. Example: `new Network(this, 'Network', {})`. */
  readonly network: Pick<Network, 'vpc' | 'hostSubnets'>;
  /** Security group of the hosts, the only one that reaches the nodes. Example: `network.hostSecurityGroup`. */
  readonly hosts: IConnectable;
  /** Options of `ModelService`. Example: `{ nodeType: 'cache.r7g.large' }`. @defaultValue the defaults of each option */
  readonly options?: CacheOptions;
}

/**
 * Replication group of ElastiCache for Valkey: encrypted at rest and in transit, with a password, in the subnets of the hosts. Its address with the password
 * is a secret that hosts read: the one that `secrets` of the deployment names for a variable such as `FAIRLEAD_REDIS_URL`.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Cache, Network } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 * import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: { listen: { scheme: 'http', address: '0.0.0.0:8080' } },
 *   gateway: {
 *     command: ['/opt/fairlead/current/bin/node', 'main.js'],
 *     service: { user: 'fairlead', secretsFile: '/etc/fairlead/cache.env' },
 *   },
 *   secrets: [
 *     { name: 'cache', from: { secretsManager: 'shop/cache' }, path: '/etc/fairlead/cache.env', variable: 'FAIRLEAD_REDIS_URL' },
 *   ],
 * });
 * const stack = new Stack(new App(), 'Shop');
 * const network = new Network(stack, 'Network', {});
 * const hosts = new SecurityGroup(stack, 'Hosts', { vpc: network.vpc });
 * const cache = new Cache(stack, 'Cache', { deployment, network, hosts });
 * console.log(cache.group.port); // 6380
 * ```
 */
export class Cache extends Construct {
  readonly group: CfnReplicationGroup;
  readonly parameterGroup: CfnParameterGroup;
  readonly subnetGroup: CfnSubnetGroup;
  /** Password of the nodes. */
  readonly password: Secret;
  /** Secrets with the address that hosts read, by their names. */
  readonly addresses: ReadonlyMap<string, CfnSecret>;
  /** Group of the nodes. */
  readonly securityGroup: SecurityGroup;
  /** Key of the nodes and the secrets. */
  readonly key: Key;
  /** Permissions of hosts. */
  readonly statements: PolicyStatement[];

  constructor(scope: Construct, id: string, props: CacheProps) {
    super(scope, id);
    const { deployment, network, hosts, options = {} } = props;
    const { nodeType, nodes, port } = checkCacheOptions(options);
    const secrets = cacheSecrets(deployment);
    this.key = new Key(this, 'Key', {
      description: `Cache of ${deployment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.securityGroup = new SecurityGroup(this, 'Nodes', {
      vpc: network.vpc,
      description: `Cache of ${deployment.name}`,
      allowAllOutbound: false,
    });
    this.securityGroup.connections.allowFrom(hosts, Port.tcp(port), 'Valkey from the hosts');
    this.password = this.#password();
    this.parameterGroup = new CfnParameterGroup(this, 'Parameters', {
      cacheParameterGroupFamily: 'valkey8',
      description: `Cache of ${deployment.name}`,
      // A full cache makes room for new entries in place of an error, unless it has counts of limits, which have to stay.
      properties: {
        'maxmemory-policy': countsLimits(deployment) ? 'noeviction' : 'allkeys-lru',
      },
    });
    this.subnetGroup = new CfnSubnetGroup(this, 'Subnets', {
      description: `Cache of ${deployment.name}`,
      subnetIds: network.vpc.selectSubnets(network.hostSubnets).subnetIds,
    });
    this.group = new CfnReplicationGroup(this, 'Group', {
      replicationGroupDescription: `Cache of ${deployment.name}`,
      ...{ engine: 'valkey', engineVersion: '8.0', cacheNodeType: nodeType, port },
      numCacheClusters: nodes,
      ...{ automaticFailoverEnabled: true, multiAzEnabled: true, autoMinorVersionUpgrade: true },
      ...{ atRestEncryptionEnabled: true, kmsKeyId: this.key.keyArn },
      ...{ transitEncryptionEnabled: true, transitEncryptionMode: 'required' },
      authToken: this.password.secretValue.unsafeUnwrap(),
      cacheParameterGroupName: this.parameterGroup.ref,
      cacheSubnetGroupName: this.subnetGroup.ref,
      securityGroupIds: [this.securityGroup.securityGroupId],
    });
    this.addresses = new Map(secrets.map((name) => [name, this.#address(name)]));
    const resources = [...this.addresses.values()].map(({ ref }) => ref);
    this.statements = [
      new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources }),
      new PolicyStatement({
        actions: ['kms:Decrypt'],
        resources: [this.key.keyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': `secretsmanager.${Aws.REGION}.${Aws.URL_SUFFIX}` },
        },
      }),
    ];
  }

  #password(): Secret {
    const secret = new Secret(this, 'Password', {
      encryptionKey: this.key,
      // Within what ElastiCache accepts, and without characters that a URL escapes.
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledgeRule(
      secret,
      'SMG4',
      'A rotation has to change the password of the cache and the address that hosts read at their next release, which no rotation function of AWS does.',
    );
    return secret;
  }

  /** Creates the secret with the address that hosts read. */
  #address(name: string): CfnSecret {
    const secret = new CfnSecret(this, `Address-${name}`, {
      name,
      kmsKeyId: this.key.keyArn,
      secretString: Fn.join('', [
        'rediss://:',
        this.password.secretValue.unsafeUnwrap(),
        '@',
        this.group.attrPrimaryEndPointAddress,
        ':',
        Token.asString(this.group.attrPrimaryEndPointPort),
      ]),
    });
    acknowledgeRule(secret, 'SMG4', 'It changes with the password of the cache.');
    return secret;
  }
}

function checkCacheOptions(options: CacheOptions): Required<CacheOptions> {
  checkOptions('cache', options, { nodeType: 'optional', nodes: 'optional', port: 'optional' });
  const { nodeType = 'cache.t4g.small', nodes = 2, port = 6380 } = options;
  if (!Token.isUnresolved(nodeType) && !/^cache\.[a-z0-9]+\.[a-z0-9]+$/.test(nodeType)) {
    throw invalidOption(
      `Option cache.nodeType is ${JSON.stringify(nodeType)}: expected a type of ElastiCache such as "cache.t4g.small".`,
    );
  }
  checkWholeNumber('cache.nodes', nodes, { min: 2, max: 6 });
  checkWholeNumber('cache.port', port, { min: 1024, max: 65_535 });
  return { nodeType, nodes, port };
}
