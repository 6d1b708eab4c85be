import type { FleetOptions, Rollout, RolloutEvent, RolloutHost } from '@fairlead/deploy';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import { openCarrier } from '../hosts/open-carrier.ts';
import { instanceOf, type ReachableEnvironment } from '../hosts/read-hosts.ts';
import { hostLabel } from '../hosts/select-hosts.ts';
import { count, formatBytes } from '../output/format-values.ts';
import { oneLine } from '../output/plain-text.ts';
import { shortDigest } from './format-release.ts';
import { instanceTargets } from './instance-targets.ts';
import { LiveTable } from './live-table.ts';
import { openBalancer, openEndedTargets } from './open-balancer.ts';
import { suspendHealthChecks } from './suspend-health-checks.ts';

/** Options that rolling updates and rollbacks have in common. */
type FleetOfRollout = Pick<
  FleetOptions,
  | 'hosts'
  | 'balancer'
  | 'batch'
  | 'signal'
  | 'onEvent'
  | 'departure'
  | 'othersServe'
  | 'suspend'
  | 'onEveryHost'
>;

/** Options of {@link runRollout}. */
export interface RunRolloutOptions {
  readonly chosen: ReachableEnvironment;
  readonly json: boolean;
  /** Other hosts of the environment serve. @defaultValue `false` */
  readonly othersServe?: boolean;
  /** Called once the hosts are locked and prepared, before the first one is changed; its error ends the rollout. @defaultValue not called */
  readonly beforeChange?: () => Promise<void>;
  /** Called with the release once every host has it, while the hosts are locked. @defaultValue not called */
  readonly onEveryHost?: ((release: string) => Promise<void>) | undefined;
  /** Calls `rollOut` or `rollBack` of the library. */
  readonly work: (fleet: FleetOfRollout) => Promise<Rollout>;
}

/**
 * Runs a rolling update or a rollback over the hosts of an environment with its progress: a live table on a terminal, JSON lines with
 * `--json`. Ctrl-C stops it between two hosts; a second one ends the process.
 *
 * @throws CliError `ERR_CLI_REVERTED`, `ERR_CLI_HOSTS_FAILED`, `ERR_CLI_STOPPED`; DeployError
 */
export async function runRollout(
  context: CommandContext,
  { chosen, json, work, othersServe = false, beforeChange, onEveryHost }: RunRolloutOptions,
): Promise<Rollout> {
  const signal = context.io.stopSignal?.();
  const note = (): void => {
    context.output.note(
      'fairlead: stopping after the hosts that are being updated; Ctrl-C again ends at once',
    );
  };
  signal?.addEventListener('abort', note);
  const balancer = await openBalancer(chosen);
  const hosts = await openHosts(chosen);
  const progress = json ? jsonProgress(context) : tableProgress(context, hosts);
  const left: string[] = [];
  const onEvent = (event: RolloutEvent): void => {
    if (event.type === 'host' && event.outcome === 'left') left.push(event.host);
    progress.onEvent(event);
  };
  const group = chosen.hostGroup?.group;
  const departure = await openDeparture(chosen);
  const watch = group?.watch();
  try {
    const { batch = 1 } = chosen.environment;
    const suspend = async () => {
      await beforeChange?.();
      return suspendHealthChecks(context, chosen);
    };
    return await work({
      ...{ hosts, balancer, batch, signal, departure, othersServe, suspend, onEvent, onEveryHost },
    });
  } finally {
    watch?.[Symbol.dispose]();
    progress.end();
    if (left.length > 0) {
      context.output.note(
        oneLine(
          `fairlead: skipped, because ${group?.name ?? 'the group'} ends them: ${left.join(', ')}`,
        ),
      );
    }
    signal?.removeEventListener('abort', note);
    await Promise.all(hosts.map(({ carrier }) => carrier.close()));
  }
}

/** Returns the function that finds out why an instance has left its group; `undefined` without a group. */
async function openDeparture(chosen: ReachableEnvironment): Promise<FleetOptions['departure']> {
  const { hostGroup } = chosen;
  if (hostGroup === undefined) return undefined;
  const hasEnded = await openEndedTargets(chosen);
  return async (host) => {
    const id = instanceOf(host);
    const departure = await hostGroup.group.departureOf(id);
    // While its health checks are suspended, the group doesn't notice that EC2 has ended an instance.
    return departure ?? ((await hasEnded?.(id)) === true ? 'ended' : undefined);
  };
}

async function openHosts(chosen: ReachableEnvironment): Promise<readonly RolloutHost[]> {
  const { balancerTarget } = await import('@fairlead/deploy-config');
  const targets = await instanceTargets(chosen);
  return Promise.all(
    chosen.hosts.map(async ({ url, target = targets.get(url) }) => ({
      carrier: await openCarrier(url, chosen),
      target: balancerTarget({ url, target }),
    })),
  );
}

interface Progress {
  readonly onEvent: (event: RolloutEvent) => void;
  readonly end: () => void;
}

function jsonProgress({ output }: CommandContext): Progress {
  return {
    onEvent: (event) => {
      output.print([JSON.stringify(event)]);
    },
    end: () => undefined,
  };
}

/** Descriptions of the steps of a host. */
const STEPS: Readonly<Record<string, string>> = {
  send: 'sending parts',
  verify: 'verifying',
  unpack: 'unpacking',
  accounts: 'creating accounts and folders',
  check: 'checking Nginx and units',
  drain: 'waiting for the last requests',
  switch: 'switching',
  restart: 'restarting services',
  gate: 'waiting for the gate',
  'clean-up': 'removing old releases',
  revert: 'reverting',
  ready: 'waiting for the balancer',
};

function tableProgress({ io }: CommandContext, hosts: readonly RolloutHost[]): Progress {
  const live = new LiveTable(io, ['host', 'state', 'release', 'sent']);
  if (io.stderr.isTTY === true)
    for (const { carrier } of hosts) live.set(carrier.host, ['waiting']);
  return {
    onEvent: (event) => {
      if (event.type === 'step') live.set(event.host, [STEPS[event.step] ?? event.step]);
      else if (event.type === 'host') {
        const { host, outcome, digest, sentBytes } = event;
        const release = digest === undefined ? '' : shortDigest(digest);
        live.set(host, [outcome, release, sentBytes > 0 ? formatBytes(sentBytes) : '']);
      }
    },
    end: () => {
      live.end();
    },
  };
}

/**
 * Prints the result of a rollout, and fails unless every host has the release.
 *
 * @throws CliError `ERR_CLI_REVERTED`, `ERR_CLI_HOSTS_FAILED`, `ERR_CLI_STOPPED`
 */
export function reportRollout(
  context: CommandContext,
  json: boolean,
  rollout: Rollout,
  success: Readonly<Record<'activated' | 'unchanged', string>>,
): void {
  const { outcome, hosts } = rollout;
  if (json) context.output.print([JSON.stringify({ type: 'result', ...rollout })]);
  if (outcome === 'activated' || outcome === 'unchanged') {
    if (!json) context.output.print([success[outcome]]);
    return;
  }
  if (outcome === 'aborted') {
    throw new CliError(
      'ERR_CLI_STOPPED',
      'stopped: each host runs the release before or the new one; run fairlead deploy again to finish, or fairlead rollback',
    );
  }
  const members = hosts.filter((each) => each.outcome !== 'left');
  const problems = members.flatMap(({ host, message, log = [] }) =>
    message === undefined
      ? []
      : [
          `\n- ${hostLabel(host)}: ${oneLine(message)}`,
          ...log.map((line) => `\n    ${oneLine(line)}`),
        ],
  );
  if (outcome === 'reverted') {
    throw new CliError(
      'ERR_CLI_REVERTED',
      `the release failed, and the release before runs again:${problems.join('')}`,
    );
  }
  if (members.length === 0) {
    throw new CliError(
      'ERR_CLI_HOSTS_FAILED',
      'every host was ended by its Auto Scaling group before it had the release: run the command again once others are in service',
    );
  }
  throw new CliError(
    'ERR_CLI_HOSTS_FAILED',
    `${members.filter((each) => each.outcome === 'failed').length} of ${count(members.length, 'host')} failed:${problems.join('')}`,
  );
}
