import { Aws, Fn } from 'aws-cdk-lib';
import {
  GatewayVpcEndpoint,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type FlowLog,
  type IVpc,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct, type IDependable } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { addFlowLog } from './flow-log.ts';
import { checkNetworkOptions, DEFAULT_CIDR, type NetworkOptions } from './network-options.ts';

/** Properties of {@link Network}. */
export interface NetworkProps {
  /** Options of `ModelService`. Example: `{ maxAzs: 3 }`. @defaultValue a new VPC without a way to the internet */
  readonly options?: NetworkOptions;
  /** Programs run on hosts, which have agents and packages of Debian, or in tasks of ECS, which have neither. Example: `'tasks'`. @defaultValue `'hosts'` */
  readonly runs?: 'hosts' | 'tasks';
}

/** AWS services that every host calls: Session Manager, Run Command, logs, metrics, and the end of its first boot. */
const HOST_SERVICES = ['ssm', 'ssmmessages', 'logs', 'monitoring', 'autoscaling'];

/** Names of services in their addresses, by the prefix of their actions. Those of S3 have the endpoint of S3. */
const SERVICES_OF_ACTIONS: Readonly<Record<string, readonly string[]>> = {
  cloudwatch: ['monitoring'],
  ec2: ['ec2'],
  ecr: ['ecr.api', 'ecr.dkr'],
  logs: ['logs'],
  secretsmanager: ['secretsmanager'],
  sns: ['sns'],
  sqs: ['sqs'],
  ssm: ['ssm'],
};

/**
 * VPC of a model server: public subnets for the load balancer, and subnets without a route from the internet for hosts, with endpoints of the AWS
 * services that hosts call.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Network } from '@fairlead/deploy-cdk';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const network = new Network(new Stack(new App(), 'Shop'), 'Network', {});
 * console.log(network.vpc.isolatedSubnets.length); // 2
 * ```
 */
export class Network extends Construct {
  readonly vpc: IVpc;
  /** Addresses of the VPC; `undefined` for one that exists and whose addresses aren't known before the deployment. */
  readonly cidr: string | undefined;
  /** Subnets of the load balancer. */
  readonly balancerSubnets: SubnetSelection;
  /** Subnets of the hosts. */
  readonly hostSubnets: SubnetSelection;
  /** Group of the load balancer; the load balancer adds its rules. */
  readonly balancerSecurityGroup: SecurityGroup;
  /** Group of the hosts. */
  readonly hostSecurityGroup: SecurityGroup;
  /** Hosts reach the internet. */
  readonly hasInternet: boolean;
  /** Endpoint of S3; `undefined` for a VPC that exists. */
  readonly s3Endpoint: GatewayVpcEndpoint | undefined;
  /** Log of connections, with its role and log group; `undefined` for a VPC that exists. */
  readonly flowLog: FlowLog | undefined;
  /** Group of the endpoints; `undefined` without them. */
  readonly endpointSecurityGroup: SecurityGroup | undefined;
  readonly #interfaceEndpoints = new Map<string, InterfaceVpcEndpoint>();
  #hasImageLayers = false;

  constructor(scope: Construct, id: string, { options = {}, runs = 'hosts' }: NetworkProps) {
    super(scope, id);
    checkNetworkOptions(options);
    const { internetAccess = 'none', flowLogDays = 30 } = options;
    this.balancerSubnets = { subnetType: SubnetType.PUBLIC };
    if (options.vpc === undefined) {
      const vpc = createVpc(this, options);
      this.flowLog = addFlowLog(vpc, flowLogDays);
      // Classes of CDK don't fit their interfaces with `exactOptionalPropertyTypes`.
      this.vpc = vpc as IVpc;
      this.cidr = options.cidr ?? DEFAULT_CIDR;
      this.hasInternet = internetAccess === 'nat';
    } else {
      this.vpc = options.vpc;
      this.cidr = undefined;
      this.hasInternet = options.vpc.isolatedSubnets.length === 0;
      if (this.hasInternet && options.vpc.privateSubnets.length === 0) {
        throw invalidOption(
          'Option network.vpc has public subnets only: hosts need isolated or private ones. Add some, or leave it out for a new VPC.',
        );
      }
    }
    this.hostSubnets = {
      subnetType: this.hasInternet ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED,
    };
    this.balancerSecurityGroup = this.#group('BalancerGroup', 'Load balancer');
    this.hostSecurityGroup = this.#group('HostGroup', 'Hosts');
    const { hostSecurityGroup } = this;
    // Without a NAT gateway only endpoints are reachable, regardless of the rule: S3 has addresses that the template can't name.
    hostSecurityGroup.connections.allowToAnyIpv4(Port.tcp(443), 'AWS services');
    if (this.hasInternet && runs === 'hosts') {
      hostSecurityGroup.connections.allowToAnyIpv4(Port.tcp(80), 'Packages of Debian');
    }
    if (options.vpc !== undefined) return;
    this.s3Endpoint = this.vpc.addGatewayEndpoint('S3', {
      service: GatewayVpcEndpointAwsService.S3,
      subnets: [this.hostSubnets],
    });
    if (runs === 'hosts') this.#allowBucketsOfAws(this.s3Endpoint);
    else this.allowImageLayers();
    if (this.hasInternet) return;
    this.endpointSecurityGroup = this.#group('EndpointGroup', 'Endpoints of AWS services');
    this.endpointSecurityGroup.connections.allowFrom(hostSecurityGroup, Port.tcp(443), 'Hosts');
    if (runs === 'hosts') for (const service of HOST_SERVICES) this.addEndpoint(service);
  }

  /**
   * Adds an endpoint of an AWS service that hosts call, unless it is there, hosts reach the internet, or the VPC has an owner who adds it.
   *
   * @param service Name of the service in its address, such as `sqs`.
   */
  addEndpoint(service: string): void {
    const group = this.endpointSecurityGroup;
    if (group === undefined || this.#interfaceEndpoints.has(service)) return;
    const endpoint = this.vpc.addInterfaceEndpoint(`Endpoint-${service}`, {
      service: new InterfaceVpcEndpointAwsService(service),
      subnets: this.hostSubnets,
      securityGroups: [group],
      open: false,
      privateDnsEnabled: true,
    });
    this.#interfaceEndpoints.set(service, endpoint);
  }

  /** Interface endpoints by the names of their services, such as `sqs`. */
  get interfaceEndpoints(): ReadonlyMap<string, InterfaceVpcEndpoint> {
    return this.#interfaceEndpoints;
  }

  /** Endpoints, and routes to the internet if there are any: a host needs them when it boots. */
  get hostRoutes(): readonly IDependable[] {
    const endpoints = this.node
      .findAll()
      .filter(
        (child) => child instanceof InterfaceVpcEndpoint || child instanceof GatewayVpcEndpoint,
      );
    const group = this.endpointSecurityGroup === undefined ? [] : [this.endpointSecurityGroup];
    if (!this.hasInternet) return [...endpoints, ...group];
    return [...endpoints, this.vpc.selectSubnets(this.hostSubnets).internetConnectivityEstablished];
  }

  /** Opens the way to the services that these statements of a role are for. */
  allowCalls(statements: readonly PolicyStatement[]): void {
    this.#allowS3(statements);
    const prefixes = new Set(
      statements.flatMap(({ actions }) => actions.map((action) => action.split(':')[0] ?? '')),
    );
    for (const [prefix, services] of Object.entries(SERVICES_OF_ACTIONS)) {
      if (prefixes.has(prefix)) for (const service of services) this.addEndpoint(service);
    }
  }

  /**
   * Opens the way to the bucket that Amazon ECR has layers of images in.
   *
   * Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-setting-up-s3-gateway
   */
  allowImageLayers(): void {
    if (this.#hasImageLayers) return;
    this.#hasImageLayers = true;
    this.s3Endpoint?.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [`arn:${Aws.PARTITION}:s3:::prod-${Aws.REGION}-starport-layer-bucket/*`],
      }),
    );
  }

  /** Lets another group than that of the hosts reach the endpoints, if there are any. */
  allowEndpoints(group: SecurityGroup, description: string): void {
    this.endpointSecurityGroup?.connections.allowFrom(group, Port.tcp(443), description);
  }

  /** Lets requests of this account use the endpoint of S3 for what the statements allow. */
  #allowS3(statements: readonly PolicyStatement[]): void {
    for (const { actions, resources } of statements) {
      const ofS3 = actions.filter((action) => action.startsWith('s3:'));
      if (ofS3.length === 0) continue;
      this.s3Endpoint?.addToPolicy(
        new PolicyStatement({
          principals: [new AnyPrincipal()],
          actions: ofS3,
          resources,
          conditions: { StringEquals: { 'aws:PrincipalAccount': Aws.ACCOUNT_ID } },
        }),
      );
    }
  }

  #group(id: string, description: string): SecurityGroup {
    const { vpc } = this;
    return new SecurityGroup(this, id, { vpc, description, allowAllOutbound: false });
  }

  /** Buckets with the agents of Systems Manager and CloudWatch, and the one that gets signals of new hosts. */
  #allowBucketsOfAws(endpoint: GatewayVpcEndpoint): void {
    const arn = (bucket: string) => `arn:${Aws.PARTITION}:s3:::${bucket}-${Aws.REGION}/*`;
    endpoint.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: [arn('amazon-ssm'), arn('amazoncloudwatch-agent')],
      }),
    );
    endpoint.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['s3:PutObject'],
        resources: [arn('cloudformation-waitcondition')],
      }),
    );
  }
}

function createVpc(scope: Construct, options: NetworkOptions): Vpc {
  const { cidr = DEFAULT_CIDR, maxAzs = 2, internetAccess = 'none' } = options;
  const subnetType =
    internetAccess === 'nat' ? SubnetType.PRIVATE_WITH_EGRESS : SubnetType.PRIVATE_ISOLATED;
  return new Vpc(scope, 'Vpc', {
    ipAddresses: IpAddresses.cidr(cidr),
    // By CloudFormation: CDK would look them up in the account, or invent them.
    availabilityZones: Array.from({ length: maxAzs }, (_, i) => Fn.select(i, Fn.getAzs())),
    natGateways: internetAccess === 'nat' ? maxAzs : 0,
    restrictDefaultSecurityGroup: false,
    subnetConfiguration: [
      { name: 'Balancer', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
      { name: 'Hosts', subnetType, cidrMask: 20 },
    ],
  });
}
