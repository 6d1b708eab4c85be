import type { Deployment } from '@fairlead/deploy-config';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  OriginSslPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
  type BehaviorOptions,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Peer, type IPeer } from 'aws-cdk-lib/aws-ec2';
import {
  CfnListenerRule,
  type ApplicationListener,
  type ApplicationLoadBalancer,
  type ApplicationTargetGroup,
  type CfnListener,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  ObjectOwnership,
  type IBucket,
} from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

import { acknowledgeRule } from '../nag/acknowledge.ts';
import {
  checkEdgeOptions,
  readSeconds,
  type DistributionOptions,
  type EdgeOptions,
} from './edge-options.ts';
import { Firewall } from './firewall.ts';

/** Load balancer behind the edge. */
export interface EdgeOrigin {
  /** Load balancer that gets the requests. Example: `balancer.loadBalancer`. */
  readonly loadBalancer: ApplicationLoadBalancer;
  /** Listener for HTTPS, whose default action forwards to the target group. Example: `balancer.listener`. */
  readonly listener: ApplicationListener;
  /** Target group of the hosts. Example: `balancer.targetGroup`. */
  readonly targetGroup: ApplicationTargetGroup;
}

/** Properties of {@link Edge}. */
export interface EdgeProps {
  /** Deployment with the timeouts and the limit of an address. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** Load balancer behind the edge. Example: `new Balancer(this, 'Balancer', { … })`. */
  readonly origin: EdgeOrigin;
  /** Options of `ModelService`. Example: `{ firewall: { countOnly: true } }`. @defaultValue the defaults of each option */
  readonly options?: EdgeOptions;
}

/** Header by which the load balancer recognizes CloudFront. */
const ORIGIN_HEADER = 'X-Fairlead-Origin';

/**
 * CloudFront and WAF in front of the load balancer. With CloudFront, the load balancer answers 403 to requests without a secret header that CloudFront adds.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Edge } from '@fairlead/deploy-cdk';
 *
 * console.log(Edge.peerOfBalancer({ distribution: { domainNames: ['models.example.com'], certificateArn: 'arn:…', originPrefixListId: 'pl-a3a144ca' } })?.uniqueId); // pl-a3a144ca
 * ```
 */
export class Edge extends Construct {
  /** Rules of WAF; `undefined` without `firewall`, or with a `webAclArn`. */
  readonly firewall: Firewall | undefined;
  /** CloudFront; `undefined` without `distribution`. */
  readonly distribution: Distribution | undefined;
  /** Web ACL of the load balancer; `undefined` with `distribution`. */
  readonly association: CfnWebACLAssociation | undefined;
  /** Value of the header by which the load balancer recognizes CloudFront; `undefined` without `distribution`, as those below. */
  readonly originSecret: Secret | undefined;
  /** Key of the secret. */
  readonly originKey: Key | undefined;
  /** Log of CloudFront. */
  readonly logBucket: Bucket | undefined;
  /** Rule of the listener that forwards requests with the header. */
  readonly originRule: CfnListenerRule | undefined;
  /** Policies of `cachedPaths`; `undefined` without such paths. */
  readonly cachePolicy: CachePolicy | undefined;
  readonly originRequestPolicy: OriginRequestPolicy | undefined;

  /** Returns the source of connections to the load balancer: the addresses of CloudFront, if the options have their prefix list. */
  static peerOfBalancer({ distribution }: EdgeOptions): IPeer | undefined {
    const id = distribution?.originPrefixListId;
    return id === undefined ? undefined : Peer.prefixList(id);
  }

  constructor(scope: Construct, id: string, { deployment, origin, options = {} }: EdgeProps) {
    super(scope, id);
    checkEdgeOptions(options, deployment);
    const { firewall = {}, distribution } = options;
    if (firewall !== false && distribution?.webAclArn === undefined) {
      this.firewall = new Firewall(this, 'Firewall', {
        ...{ deployment, options: firewall },
        scope: distribution === undefined ? 'REGIONAL' : 'CLOUDFRONT',
      });
    }
    if (distribution === undefined) {
      this.association = new CfnWebACLAssociation(this, 'Association', {
        resourceArn: origin.loadBalancer.loadBalancerArn,
        webAclArn: this.firewall?.webAcl.attrArn ?? '',
      });
      return;
    }
    this.originKey = new Key(this, 'Key', {
      description: `Header of CloudFront in front of ${deployment.name}`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.originSecret = this.#originSecret(deployment, this.originKey);
    this.logBucket = this.#logBucket();
    if ((distribution.cachedPaths ?? []).length > 0) {
      this.cachePolicy = this.#cachePolicy();
      this.originRequestPolicy = this.#originRequestPolicy();
    }
    const secret = this.originSecret.secretValue.unsafeUnwrap();
    const webAclId = distribution.webAclArn ?? this.firewall?.webAcl.attrArn;
    const props = { deployment, origin };
    this.distribution = this.#createDistribution(props, distribution, secret, webAclId);
    this.originRule = restrictListener(origin, secret);
  }

  #originSecret(deployment: Deployment, encryptionKey: Key): Secret {
    const secret = new Secret(this, 'OriginSecret', {
      description: `Header of CloudFront in front of ${deployment.name}`,
      encryptionKey,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
    });
    acknowledgeRule(
      secret,
      'SMG4',
      'CloudFront and the load balancer have to change it together: a deployment of the stack does, which a rotation function can not.',
    );
    return secret;
  }

  #createDistribution(
    { deployment, origin }: EdgeProps,
    { domainNames, certificateArn, cachedPaths = [] }: DistributionOptions,
    secret: string,
    webAclId: string | undefined,
  ): Distribution {
    const behavior: BehaviorOptions = {
      // The name of the service is in the Host header, which the certificate of the load balancer is checked with.
      origin: new HttpOrigin(origin.loadBalancer.loadBalancerDnsName, {
        protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
        originSslProtocols: [OriginSslPolicy.TLS_V1_2],
        readTimeout: Duration.seconds(readSeconds(deployment)),
        customHeaders: { [ORIGIN_HEADER]: secret },
      }),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER,
    };
    const cached = cachedPaths.length === 0 ? undefined : this.#cachedBehavior(behavior);
    const distribution = new Distribution(this, 'Distribution', {
      comment: deployment.name,
      domainNames: [...domainNames],
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: behavior,
      additionalBehaviors: Object.fromEntries(
        cachedPaths.map((path) => [path, cached ?? behavior]),
      ),
      // Classes of CDK don't fit their interfaces with `exactOptionalPropertyTypes`.
      ...(this.logBucket && { logBucket: this.logBucket as IBucket }),
      ...(webAclId !== undefined && { webAclId }),
    });
    acknowledgeRule(
      distribution,
      'CFR1',
      'Countries of clients are up to the service: edge.distribution can be extended by the CDK.',
    );
    if (webAclId === undefined) {
      acknowledgeRule(distribution, 'CFR2', 'Option edge.firewall is false: no WAF by decision.');
    }
    return distribution;
  }

  /** Cached answers are the same for every client: requests have no keys and no cookies. */
  #cachedBehavior(behavior: BehaviorOptions): BehaviorOptions {
    return {
      ...behavior,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
      ...(this.cachePolicy && { cachePolicy: this.cachePolicy }),
      ...(this.originRequestPolicy && { originRequestPolicy: this.originRequestPolicy }),
    };
  }

  #cachePolicy(): CachePolicy {
    return new CachePolicy(this, 'CachePolicy', {
      comment: 'Caches answers with Cache-Control only',
      // Without Cache-Control, the default applies.
      ...{ minTtl: Duration.seconds(0), defaultTtl: Duration.seconds(0) },
      maxTtl: Duration.days(1),
      headerBehavior: CacheHeaderBehavior.allowList('Host'),
      queryStringBehavior: CacheQueryStringBehavior.all(),
      cookieBehavior: CacheCookieBehavior.none(),
      ...{ enableAcceptEncodingGzip: true, enableAcceptEncodingBrotli: true },
    });
  }

  #originRequestPolicy(): OriginRequestPolicy {
    return new OriginRequestPolicy(this, 'OriginRequestPolicy', {
      comment: 'All but API keys and cookies',
      headerBehavior: OriginRequestHeaderBehavior.denyList('Authorization', 'X-Api-Key'),
      queryStringBehavior: OriginRequestQueryStringBehavior.all(),
      cookieBehavior: OriginRequestCookieBehavior.none(),
    });
  }

  #logBucket(): Bucket {
    const bucket = new Bucket(this, 'Logs', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // CloudFront delivers logs by an access control list.
      objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // It may have objects when a creation is rolled back, which would fail then; no name is taken.
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ id: 'logs', expiration: Duration.days(90) }],
    });
    acknowledgeRule(bucket, 'S1', 'A bucket of logs, to which CloudFront alone writes.');
    return bucket;
  }
}

/** Makes the listener answer 403, unless the request has the secret header. */
function restrictListener({ listener, targetGroup }: EdgeOrigin, secret: string): CfnListenerRule {
  const resource = listener.node.defaultChild as CfnListener;
  resource.defaultActions = [
    {
      type: 'fixed-response',
      fixedResponseConfig: {
        statusCode: '403',
        contentType: 'application/json',
        messageBody: JSON.stringify({ title: 'Forbidden', status: 403 }),
      },
    },
  ];
  // Below the listener: what waits for it also waits for this rule, which alone connects it to the target group.
  return new CfnListenerRule(listener, 'FromCloudFront', {
    listenerArn: listener.listenerArn,
    priority: 1,
    conditions: [
      {
        field: 'http-header',
        httpHeaderConfig: { httpHeaderName: ORIGIN_HEADER, values: [secret] },
      },
    ],
    actions: [{ type: 'forward', targetGroupArn: targetGroup.targetGroupArn }],
  });
}
