import type { Deployment } from '@fairlead/deploy-config';
import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Peer, Port, type IPeer } from 'aws-cdk-lib/aws-ec2';
import {
  type ApplicationListener,
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationProtocolVersion,
  ApplicationTargetGroup,
  DesyncMitigationMode,
  ListenerAction,
  ListenerCondition,
  Protocol,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledgeRule } from '../nag/acknowledge.ts';
import type { Network } from '../network/network.ts';
import { accessLogBucket } from './access-log-bucket.ts';
import { checkBalancerOptions, type BalancerOptions } from './balancer-options.ts';
import { targetOf } from './target-of.ts';

/** Properties of {@link Balancer}. */
export interface BalancerProps {
  /** Deployment of the hosts: port, readiness path, and timeouts. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Network whose subnets and groups the load balancer is in. Example: `new Network(this, 'Network', {})`. */
  readonly network: Network;
  /** Options of `ModelService`. Example: `{ certificateArn: 'arn:aws:acm:eu-central-1:111122223333:certificate/1234' }`. */
  readonly options: BalancerOptions;
  /** Source of all requests, such as the prefix list of CloudFront, in place of `clientNetworks`. Example: `Peer.prefixList('pl-a3a144ca')`. @defaultValue `clientNetworks` */
  readonly clients?: IPeer | undefined;
}

/**
 * Application Load Balancer in front of the hosts: it terminates TLS, and sends requests to hosts that are ready.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`, also for a deployment that doesn't work behind a load balancer
 *
 * @example
 * ```ts
 * import { Balancer, Network } from '@fairlead/deploy-cdk';
 * import { defineDeployment } from '@fairlead/deploy-config';
 * import { App, Stack } from 'aws-cdk-lib';
 *
 * const deployment = defineDeployment({
 *   target: { nginx: '1.22.1' },
 *   host: { cores: 2, memoryBytes: 4e9 },
 *   layout: 'host',
 *   nginx: {
 *     listen: { scheme: 'http', address: '0.0.0.0:8080' },
 *     publicScheme: 'https',
 *     trustedProxies: ['10.0.0.0/16'],
 *   },
 *   gateway: { command: ['/opt/fairlead/current/bin/node', 'main.js'], service: { user: 'fairlead' } },
 * });
 * const stack = new Stack(new App(), 'Shop');
 * const network = new Network(stack, 'Network', {});
 * const certificateArn = 'arn:aws:acm:eu-central-1:111122223333:certificate/1234';
 * const balancer = new Balancer(stack, 'Balancer', { deployment, network, options: { certificateArn } });
 * console.log(balancer.targetGroups.length); // 1
 * ```
 */
export class Balancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly listener: ApplicationListener;
  /** Group of the hosts for HTTP. */
  readonly targetGroup: ApplicationTargetGroup;
  /** Group of the hosts for gRPC, if the deployment has it. */
  readonly grpcTargetGroup: ApplicationTargetGroup | undefined;
  /** Groups of the hosts: for HTTP, and for gRPC if the deployment has it. */
  readonly targetGroups: readonly ApplicationTargetGroup[];
  /** Bucket of the access log. */
  readonly accessLog: Bucket;

  constructor(scope: Construct, id: string, props: BalancerProps) {
    super(scope, id);
    const { deployment, network, options } = props;
    checkBalancerOptions(options);
    const target = targetOf(deployment, network.cidr);
    this.accessLog = accessLogBucket(this, options.accessLogDays ?? 90);
    this.loadBalancer = this.#loadBalancer(props);
    const check = { seconds: options.healthCheckSeconds ?? 10, deployment, network };
    this.targetGroup = targetGroup(this, 'Hosts', {
      ...check,
      protocol: target.protocol === 'http' ? ApplicationProtocol.HTTP : ApplicationProtocol.HTTPS,
      version: ApplicationProtocolVersion.HTTP1,
      port: target.port,
      health: { path: target.healthPath, healthyHttpCodes: '200' },
    });
    this.listener = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', options.certificateArn)],
      sslPolicy: options.minTls === '1.3' ? SslPolicy.TLS13_13 : SslPolicy.TLS13_RES,
      open: false,
      defaultTargetGroups: [this.targetGroup],
    });
    this.targetGroups = [this.targetGroup];
    if (target.grpcPort !== undefined) {
      const grpc = targetGroup(this, 'GrpcHosts', {
        ...check,
        protocol: target.protocol === 'http' ? ApplicationProtocol.HTTP : ApplicationProtocol.HTTPS,
        version: ApplicationProtocolVersion.GRPC,
        port: target.grpcPort,
        health: { path: '/grpc.health.v1.Health/Check', healthyGrpcCodes: '0' },
      });
      this.listener.addAction('Grpc', {
        priority: 10,
        conditions: [ListenerCondition.httpHeader('content-type', ['application/grpc*'])],
        action: ListenerAction.forward([grpc]),
      });
      this.grpcTargetGroup = grpc;
      this.targetGroups = [this.targetGroup, grpc];
    }
    for (const port of new Set([target.port, target.grpcPort ?? target.port])) {
      network.hostSecurityGroup.connections.allowFrom(
        network.balancerSecurityGroup,
        Port.tcp(port),
        'Requests of the load balancer',
      );
    }
  }

  #loadBalancer({ deployment, network, options, clients }: BalancerProps) {
    const { clientNetworks = ['0.0.0.0/0'], internetFacing = true } = options;
    const { balancerSecurityGroup: group } = network;
    const peers = clients === undefined ? clientNetworks.map((each) => Peer.ipv4(each)) : [clients];
    for (const peer of peers) group.addIngressRule(peer, Port.tcp(443), 'Clients');
    if (clients === undefined && clientNetworks.includes('0.0.0.0/0')) {
      const reason = 'Clients are anywhere, and reach port 443 of the load balancer only.';
      acknowledgeRule(group, 'EC23', reason);
    }
    const balancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: network.vpc,
      vpcSubnets: internetFacing ? network.balancerSubnets : network.hostSubnets,
      internetFacing,
      securityGroup: group,
      idleTimeout: Duration.millis(deployment.keepAlive.clientMs),
      dropInvalidHeaderFields: true,
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      deletionProtection: options.deletionProtection ?? true,
    });
    // By hand: CDK needs a stack with a region for it, and allows more than the delivery of logs.
    balancer.setAttribute('access_logs.s3.enabled', 'true');
    balancer.setAttribute('access_logs.s3.bucket', this.accessLog.bucketName);
    // Elastic Load Balancing writes a test object when the log is turned on.
    if (this.accessLog.policy !== undefined) balancer.node.addDependency(this.accessLog.policy);
    return balancer;
  }
}

interface TargetGroupProps {
  readonly deployment: Deployment;
  readonly network: Network;
  readonly protocol: ApplicationProtocol;
  readonly version: ApplicationProtocolVersion;
  readonly port: number;
  readonly seconds: number;
  readonly health: {
    readonly path: string;
    readonly healthyHttpCodes?: string;
    readonly healthyGrpcCodes?: string;
  };
}

function targetGroup(scope: Construct, id: string, props: TargetGroupProps) {
  const { deployment, network, protocol, version, port, seconds, health } = props;
  return new ApplicationTargetGroup(scope, id, {
    vpc: network.vpc,
    targetType: TargetType.INSTANCE,
    protocol,
    protocolVersion: version,
    port,
    deregistrationDelay: Duration.seconds(Math.ceil(deployment.timeouts.deregistrationMs / 1000)),
    // Predictions differ in length: a host that is busy gets fewer of them.
    loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
    healthCheck: {
      ...health,
      protocol: protocol === ApplicationProtocol.HTTP ? Protocol.HTTP : Protocol.HTTPS,
      interval: Duration.seconds(seconds),
      timeout: Duration.seconds(Math.min(5, seconds - 1)),
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 3,
    },
  });
}
