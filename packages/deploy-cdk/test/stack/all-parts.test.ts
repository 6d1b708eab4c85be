import { Validations } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';

import { allParts } from '../support/all-parts.ts';
import {
  actionsWithoutResources,
  arguedWildcards,
  type ArguedWildcard,
} from '../support/argued-wildcards.ts';
import { lintFindings, nagFindings } from '../support/check-stack.ts';
import { connectionsOf } from '../support/connections.ts';
import { policyTexts, statementsOf } from '../support/statements.ts';

const { stack, template, synthSeconds } = allParts();
const json = template.toJSON() as {
  Resources: Record<string, { Type: string; DependsOn?: string[] }>;
};
const text = JSON.stringify(json);

/** Every wildcard that the construct acknowledges, with the reason of each statement that has it. */
function acknowledgedWildcards(): ArguedWildcard[] {
  return stack.node.findAll().flatMap(({ node }) => {
    const [, , part = ''] = node.path.split('/');
    return node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .flatMap(([id, reasons]) => {
        const [, resource] = /AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(id) ?? [];
        if (resource === undefined) return [];
        // Each begins with its actions.
        return reasons.split(/(?<=\.) (?=[a-z0-9-]+:[A-Z])/).map((each): ArguedWildcard => {
          const [, actions = '', reason = ''] = /^(.*?): (.*)$/.exec(each) ?? [];
          return [part, shortened(resource), actions, reason];
        });
      });
  });
}

/** Resource without what names of other parts decide. */
function shortened(resource: string): string {
  return resource
    .replace(/^<\w+\.Arn>/, '<bucket>')
    .replace(/Shop-\w+-Hosts$/, '<group>')
    .replace(/:log-group:[^:]+/, ':log-group:<name>')
    .replace(
      /^arn:.*?(?=:(?:autoScalingGroup:|log-group|acme-|volume|snapshot|rule|instance|job))/,
      '',
    )
    .replace(/^arn:.*:(?=volume|snapshot|rule|instance|job)/, ':');
}

const unique = (rows: readonly ArguedWildcard[]) =>
  [...new Set(rows.map((row) => row.join(' | ')))].toSorted();

describe('a stack with every part', () => {
  it('is synthesised in less than 15 seconds of processor time', () => {
    expect(synthSeconds).toBeLessThan(15);
  });

  it('has no finding of cdk-nag', () => {
    expect(nagFindings(stack)).toEqual([]);
  });

  it('has no error and no warning of cfn-lint', async () => {
    expect(await lintFindings(json)).toEqual([]);
  }, 120_000);

  it('has a separate reason for each wildcard in a permission, and no reason without one', () => {
    expect(unique(acknowledgedWildcards())).toEqual(unique(arguedWildcards));
  });

  it('names no region and no account where the stack has none', () => {
    expect(text).not.toMatch(/zz-region-1|signal\.invalid/);
  });

  it('gives no role a policy that AWS changes, and no action with a wildcard', () => {
    expect(text).not.toContain('ManagedPolicyArns');
    expect(statementsOf(json).filter((each) => /^\S*\*\S* on /.test(each))).toEqual([]);
  });

  it('opens these connections and no other', () => {
    const ofService = [
      'BalancerGroup out: HostGroup tcp 8080',
      'EndpointGroup in: HostGroup tcp 443',
      'EndpointGroup out: 255.255.255.255/32 icmp 252-86',
      'HostGroup in: BalancerGroup tcp 8080',
      'HostGroup out: 0.0.0.0/0 tcp 443',
      'HostGroup out: EndpointGroup tcp 443',
      'HostGroup out: Nodes tcp 6380',
      'Nodes in: HostGroup tcp 6380',
      'Nodes out: 255.255.255.255/32 icmp 252-86',
    ];
    const ofTrainings = [
      'EndpointGroup in: ServiceBatchGroup tcp 443',
      'ServiceBatchGroup out: 0.0.0.0/0 tcp 443',
      'ServiceBatchGroup out: EndpointGroup tcp 443',
    ];
    const ofCloudFront = ['BalancerGroup in: pl-a3a144ca tcp 443'];
    const ofGrpc = [
      'BalancerGroup in: 0.0.0.0/0 tcp 443',
      'BalancerGroup out: HostGroup tcp 8081',
      'HostGroup in: BalancerGroup tcp 8081',
    ];
    expect(connectionsOf(template)).toEqual(
      [...ofService, ...ofService, ...ofTrainings, ...ofCloudFront, ...ofGrpc].toSorted(),
    );
  });
});

describe('a reason for a wildcard', () => {
  it('says that there are no resources only for "*" and actions that have none', () => {
    const claimed = acknowledgedWildcards().filter(([, , , reason]) =>
      reason.startsWith('There are no resources'),
    );
    expect(claimed.length).toBeGreaterThan(4);
    for (const [, resource, actions] of claimed) {
      expect(resource).toBe('*');
      expect(actions.split(', ').filter((action) => !actionsWithoutResources.has(action))).toEqual(
        [],
      );
    }
  });

  it('speaks of a condition only where the statement has one', () => {
    const statements = policyTexts(template, /./);
    const limited = acknowledgedWildcards().filter(([, , , reason]) =>
      reason.includes('condition'),
    );
    expect(limited.length).toBeGreaterThan(3);
    for (const [, resource, actions] of limited) {
      const found = statements.filter(
        (each) => each.startsWith(`${actions.replaceAll(',', '')} on `) && each.includes(resource),
      );
      expect(found).not.toEqual([]);
      for (const statement of found) expect(statement).toMatch(/ if /);
    }
  });
});

describe('hosts behind CloudFront', () => {
  const [, group] =
    Object.entries(template.findResources('AWS::AutoScaling::AutoScalingGroup')).find(([id]) =>
      id.startsWith('Service'),
    ) ?? [];
  const rule = Object.keys(
    template.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'),
  ).find((id) => id.includes('FromCloudFront'));

  it('are in the target group that the rule for requests of CloudFront forwards to, and start after it', () => {
    const { TargetGroupARNs } = group?.Properties as { TargetGroupARNs: unknown };
    expect(TargetGroupARNs).toEqual([
      { Ref: expect.stringMatching(/^ServiceBalancerHosts/) as string },
    ]);
    expect(rule).toBeDefined();
    expect((group as { DependsOn: string[] }).DependsOn).toContain(rule);
  });

  it('scale by requests after the rule, without which the metric does not exist', () => {
    const policies = Object.entries(template.findResources('AWS::AutoScaling::ScalingPolicy'));
    const ofService = policies.filter(([id]) => /^Service.*(?:TargetTracking|Predictive)/.test(id));
    expect(ofService).toHaveLength(2);
    for (const [, policy] of ofService) {
      expect((policy as { DependsOn: string[] }).DependsOn).toContain(rule);
    }
  });

  it('are not reached by requests without the header of CloudFront', () => {
    const listeners = Object.entries(
      template.findResources('AWS::ElasticLoadBalancingV2::Listener'),
    );
    const [, listener] = listeners.find(([id]) => id.startsWith('Service')) ?? [];
    expect(listener?.Properties).toMatchObject({
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '403' } }],
    });
  });
});
