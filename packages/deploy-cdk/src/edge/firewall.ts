import type { Deployment } from '@fairlead/deploy-config';
import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

import { invalidOption } from '../check-options.ts';
import { retentionOf } from '../retention-days.ts';
import { checkFirewallOptions, type FirewallOptions } from './edge-options.ts';

/** Properties of {@link Firewall}. */
export interface FirewallProps {
  /** Deployment with the limit of an address. Example: `defineDeployment({ … })`. */
  readonly deployment: Deployment;
  /** `'CLOUDFRONT'` for a distribution, in a stack of us-east-1; `'REGIONAL'` for a load balancer. Example: `'REGIONAL'`. */
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  /** Options of `ModelService`. Example: `{ requestsPerMinute: 6000 }`. @defaultValue the defaults of each option */
  readonly options?: FirewallOptions;
}

/**
 * Groups of rules of AWS, with the rules that only count because requests for predictions break them: bodies are larger than 8 KiB, have texts with
 * addresses, and come from clients without `User-Agent`.
 *
 * Source: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html
 */
const managed = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesKnownBadInputsRuleSet: [],
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'GenericRFI_BODY', 'NoUserAgent_HEADER'],
} as const;

/**
 * Web ACL of AWS WAF: a limit for each address, and rules of AWS against known attacks. Its log has no API keys.
 *
 * @throws DeployCdkError `ERR_DEPLOY_CDK_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { Firewall } from '@fairlead/deploy-cdk';
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
 * const stack = new Stack(new App(), 'ShopFirewall', { env: { region: 'us-east-1' } });
 * const firewall = new Firewall(stack, 'Firewall', { deployment, scope: 'CLOUDFRONT' });
 * console.log(firewall.webAcl.scope); // CLOUDFRONT
 * ```
 */
export class Firewall extends Construct {
  readonly webAcl: CfnWebACL;
  /** Log of the rules. */
  readonly logGroup: LogGroup;
  readonly logging: CfnLoggingConfiguration;

  constructor(parent: Construct, id: string, { deployment, scope, options = {} }: FirewallProps) {
    super(parent, id);
    checkFirewallOptions(options);
    const { region } = Stack.of(this);
    if (scope === 'CLOUDFRONT' && !Token.isUnresolved(region) && region !== 'us-east-1') {
      throw invalidOption(
        `A web ACL of CloudFront exists in us-east-1 only, but the stack is in ${region}: create a Firewall in a stack of us-east-1, and set edge.distribution.webAclArn to its ARN.`,
      );
    }
    const { name } = deployment;
    this.webAcl = new CfnWebACL(this, 'WebAcl', {
      ...{ scope, defaultAction: { allow: {} } },
      description: `Requests to ${name}`,
      visibilityConfig: visibility(name),
      rules: [...limitRules(deployment, options), ...managedRules(options)].map(
        (rule, priority) => ({
          ...rule,
          priority,
        }),
      ),
    });
    const { logDays = 30 } = options;
    this.logGroup = new LogGroup(this, 'Log', {
      // WAF writes to groups with this beginning only.
      logGroupName: `aws-waf-logs-${name}-${scope.toLowerCase()}`,
      retention: retentionOf('Option edge.firewall.logDays', logDays),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.logging = new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: this.webAcl.attrArn,
      logDestinationConfigs: [
        Stack.of(this).formatArn({
          ...{ service: 'logs', resource: 'log-group', sep: ':' },
          resourceName: this.logGroup.logGroupName,
        }),
      ],
      redactedFields: ['authorization', 'x-api-key'].map((header) => ({
        singleHeader: { Name: header },
      })),
    });
  }
}

type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>;

function limitRules({ nginx }: Deployment, options: FirewallOptions): Rule[] {
  const perSecond = nginx.perAddress === false ? undefined : nginx.perAddress.requestsPerSecond;
  const { requestsPerMinute = perSecond && perSecond * 60, countOnly = false } = options;
  if (requestsPerMinute === undefined) return [];
  return [
    {
      name: 'RequestsOfAnAddress',
      action: countOnly ? { count: {} } : { block: { customResponse: { responseCode: 429 } } },
      statement: {
        rateBasedStatement: {
          aggregateKeyType: 'IP',
          limit: Math.max(10, Math.ceil(requestsPerMinute)),
          evaluationWindowSec: 60,
        },
      },
      visibilityConfig: visibility('RequestsOfAnAddress'),
    },
  ];
}

function managedRules({ countOnly = false }: FirewallOptions): Rule[] {
  return Object.entries(managed).map(([name, counted]) => ({
    name,
    overrideAction: countOnly ? { count: {} } : { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name,
        ruleActionOverrides: counted.map((rule) => ({
          name: rule,
          actionToUse: { count: {} },
        })),
      },
    },
    visibilityConfig: visibility(name),
  }));
}

function visibility(metricName: string) {
  // Samples of requests have their headers.
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
