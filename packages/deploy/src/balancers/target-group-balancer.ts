import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  type ElasticLoadBalancingV2Client,
  type TargetHealth,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import type { Balancer } from './balancer.ts';
import { checkTimes, type BalancerTimes } from './balancer-times.ts';
import { pollUntil } from './poll-until.ts';

/** Options of {@link targetGroupBalancer}. */
export interface TargetGroupBalancerOptions extends BalancerTimes {
  /** Client of Elastic Load Balancing, with region and credentials. */
  readonly client: ElasticLoadBalancingV2Client;
  /** ARN of the target group. */
  readonly targetGroupArn: string;
  /** Port of the targets. @defaultValue that of the target group */
  readonly port?: number;
}

/** Times of a target group: the deregistration delay is 5 minutes unless the group has another one. */
const DEFAULT_DRAIN_MS = 330_000;
const DEFAULT_READY_MS = 180_000;

/**
 * Returns a target group of an Application or Network Load Balancer as the balancer of a rolling update. A host is drained by its
 * deregistration, which takes the deregistration delay of the group, and ready once it is registered and healthy.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
 * import { targetGroupBalancer } from '@fairlead/deploy/target-group';
 *
 * const balancer = targetGroupBalancer({
 *   client: new ElasticLoadBalancingV2Client({ region: 'eu-central-1' }),
 *   targetGroupArn:
 *     'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef',
 * });
 * console.log(typeof balancer.drain); // function
 * ```
 */
export function targetGroupBalancer(options: TargetGroupBalancerOptions): Balancer {
  checkOptions('targetGroupBalancer', options, {
    client: 'required',
    targetGroupArn: 'required',
    port: 'optional',
    drainTimeoutMs: 'optional',
    readyTimeoutMs: 'optional',
    pollMs: 'optional',
  });
  const { client, targetGroupArn: TargetGroupArn, port } = options;
  if (typeof client.send !== 'function') {
    throw invalidOption(
      'Option client: expected a client of the AWS SDK for JavaScript, version 3.',
    );
  }
  checkText('targetGroupArn', 'the ARN of a target group', TargetGroupArn);
  if (
    !/^arn:[\w-]+:elasticloadbalancing:[\w-]+:\d{12}:targetgroup\/[\w/-]+$/.test(TargetGroupArn)
  ) {
    throw invalidOption(
      `Option targetGroupArn is ${describeValue(TargetGroupArn)}: expected the ARN of a target group.`,
    );
  }
  if (port !== undefined && !(Number.isSafeInteger(port) && port >= 1 && port <= 65_535)) {
    throw invalidOption(`Option port is ${describeValue(port)}: expected a port from 1 to 65535.`);
  }
  const { drainTimeoutMs, readyTimeoutMs, pollMs } = checkTimes(
    { drainTimeoutMs: DEFAULT_DRAIN_MS, readyTimeoutMs: DEFAULT_READY_MS, ...options },
    { pollMs: 2_000 },
  );
  const group = { TargetGroupArn };
  const targetsOf = (target: string) => ({
    Targets: [{ Id: target, ...(port !== undefined && { Port: port }) }],
  });
  const call = async <T>(target: string, sending: Promise<T>): Promise<T> => {
    try {
      return await sending;
    } catch (cause) {
      const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
      throw new DeployError('ERR_DEPLOY_BALANCER', `Target ${target}: ${reason}`, { cause });
    }
  };
  /** Reads the health of a target; of the worst of its ports. */
  const healthOf = async (target: string): Promise<TargetHealth> => {
    const reading = client
      .send(new DescribeTargetHealthCommand({ ...group, ...targetsOf(target) }))
      .catch(ignoreUnknown);
    const { TargetHealthDescriptions = [] } = (await call(target, reading)) ?? {};
    const all = TargetHealthDescriptions.flatMap(({ TargetHealth: health }) => health ?? []);
    return all.find(({ State }) => State !== 'healthy') ?? all[0] ?? { State: 'unused' };
  };
  return {
    async drain(target, signal) {
      checkText('target', 'the ID or the address of a target', target);
      const deregistering = client
        .send(new DeregisterTargetsCommand({ ...group, ...targetsOf(target) }))
        .catch(ignoreUnknown);
      await call(target, deregistering);
      let health: TargetHealth = {};
      await pollUntil(
        async () => isUnregistered((health = await healthOf(target))),
        () => `Target ${target} is still ${describe(health)}`,
        { pollMs, timeoutMs: drainTimeoutMs, signal },
      );
    },
    async ready(target, signal) {
      checkText('target', 'the ID or the address of a target', target);
      await call(
        target,
        client.send(new RegisterTargetsCommand({ ...group, ...targetsOf(target) })),
      );
      let health: TargetHealth = {};
      await pollUntil(
        async () => (health = await healthOf(target)).State === 'healthy',
        () => `Target ${target} is ${describe(health)}, not healthy`,
        { pollMs, timeoutMs: readyTimeoutMs, signal },
      );
    },
    async isDrained(target) {
      checkText('target', 'the ID or the address of a target', target);
      const health = await healthOf(target);
      // The whole group is unused without a listener.
      if (health.Reason === 'Target.NotInUse') return false;
      return health.State === 'draining' || isUnregistered(health);
    },
  };
}

function isUnregistered({ State, Reason }: TargetHealth): boolean {
  return State === 'unused' || Reason === 'Target.NotRegistered';
}

/** A target that isn't registered is drained; one that can't exist is rejected by its registration. */
function ignoreUnknown(error: unknown): undefined {
  if (error instanceof Error && error.name === 'InvalidTargetException') return undefined;
  throw error;
}

function describe({ State, Reason, Description }: TargetHealth): string {
  const reason = Description ?? Reason;
  const state = State ?? 'unknown';
  return reason === undefined ? state : `${state} (${reason})`;
}
