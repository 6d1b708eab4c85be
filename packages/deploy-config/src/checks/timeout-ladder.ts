import type { DeploymentProblem } from '../deployment-error.ts';
import type { Deployment } from '../deployment.ts';

type Timeout = keyof Deployment['timeouts'];

interface Rung {
  readonly shorter: Timeout;
  readonly longer: Timeout;
  /** Minimum difference in milliseconds; 0 allows both to be equal. */
  readonly minGapMs: number;
  readonly why: string;
}

const ladder: readonly Rung[] = [
  {
    shorter: 'nginxConnectMs',
    longer: 'requestMs',
    minGapMs: 0,
    why: 'else connecting alone takes longer than a whole request may',
  },
  {
    shorter: 'requestMs',
    longer: 'nginxReadMs',
    minGapMs: 1,
    why: 'else Nginx responds with 504 before the gateway does',
  },
  {
    shorter: 'nginxReadMs',
    longer: 'gunicornMs',
    minGapMs: 1,
    why: 'else Gunicorn kills a worker whose request Nginx still waits for',
  },
  {
    shorter: 'gunicornMs',
    longer: 'stopMs',
    minGapMs: 1,
    why: 'else systemd kills Gunicorn in the middle of a request',
  },
  {
    shorter: 'requestMs',
    longer: 'gunicornGracefulMs',
    minGapMs: 0,
    why: 'else a restart ends a request that is still within its time',
  },
  {
    shorter: 'gunicornGracefulMs',
    longer: 'stopMs',
    minGapMs: 1,
    why: 'else systemd kills Gunicorn while it drains',
  },
  {
    shorter: 'requestMs',
    longer: 'gatewayShutdownMs',
    minGapMs: 0,
    why: 'else a restart ends a request that is still within its time',
  },
  {
    shorter: 'gatewayShutdownMs',
    longer: 'stopMs',
    minGapMs: 1,
    why: 'else systemd kills the gateway while it drains',
  },
  {
    shorter: 'stopMs',
    longer: 'deregistrationMs',
    minGapMs: 1,
    why: 'else the load balancer drops connections that the host still drains',
  },
  {
    shorter: 'requestMs',
    longer: 'deregistrationMs',
    minGapMs: 10_000,
    why: 'else the load balancer drops the longest requests of a leaving host',
  },
  {
    shorter: 'gatewayHeadersMs',
    longer: 'gatewayReceiveMs',
    minGapMs: 0,
    why: 'Node refuses a headersTimeout above its requestTimeout',
  },
];

/** Each server must wait longer than the server that it calls, and systemd longer than both. */
export function checkTimeoutLadder({ timeouts }: Deployment): DeploymentProblem[] {
  const problems: DeploymentProblem[] = [];
  for (const { shorter, longer, minGapMs, why } of ladder) {
    const minimum = timeouts[shorter] + minGapMs;
    if (timeouts[longer] >= minimum) continue;
    problems.push({
      code: 'ERR_DEPLOYMENT_TIMEOUT_LADDER',
      settings: [`timeouts.${shorter}`, `timeouts.${longer}`],
      message:
        `timeouts.${longer} is ${timeouts[longer]}, but timeouts.${shorter} is ${timeouts[shorter]}: ${why}. ` +
        `Raise timeouts.${longer} to at least ${minimum}, or lower timeouts.${shorter} to at most ${timeouts[longer] - minGapMs}.`,
    });
  }
  for (const name of ['gunicornMs', 'gunicornGracefulMs'] as const) {
    if (timeouts[name] % 1000 === 0) continue;
    problems.push({
      code: 'ERR_DEPLOYMENT_TIMEOUT_LADDER',
      settings: [`timeouts.${name}`],
      message:
        `timeouts.${name} is ${timeouts[name]}, but Gunicorn counts whole seconds. ` +
        `Write ${Math.ceil(timeouts[name] / 1000) * 1000}.`,
    });
  }
  return problems;
}
