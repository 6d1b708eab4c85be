import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';

import { describeValue } from '@fairlead/signature';

import { checkOptions, checkText, invalidOption } from '../check-options.ts';
import { DeployError } from '../deploy-error.ts';
import type { Balancer } from './balancer.ts';
import { checkTimes, type BalancerTimes } from './balancer-times.ts';
import { pollUntil } from './poll-until.ts';

/** Options of {@link haproxyBalancer}. */
export interface HaproxyBalancerOptions extends BalancerTimes {
  /** Admin socket of HAProxy: a path on this machine, or `host:port`. */
  readonly socket: string;
  /** Backend with the hosts' servers. */
  readonly backend: string;
}

/** Time for HAProxy to answer, in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Returns HAProxy as the balancer of a rolling update, by its admin socket (`stats socket … level admin`): a host is drained by
 * `set server <backend>/<host> state drain`, and ready once its health checks pass.
 *
 * @throws DeployError `ERR_DEPLOY_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { haproxyBalancer } from '@fairlead/deploy/haproxy';
 *
 * const balancer = haproxyBalancer({ socket: '/nowhere/admin.sock', backend: 'hosts' });
 * console.log(await balancer.drain('h1').catch((error) => error.code)); // ERR_DEPLOY_BALANCER
 * ```
 */
export function haproxyBalancer(options: HaproxyBalancerOptions): Balancer {
  checkOptions('haproxyBalancer', options, {
    socket: 'required',
    backend: 'required',
    drainTimeoutMs: 'optional',
    readyTimeoutMs: 'optional',
    pollMs: 'optional',
  });
  const { socket, backend } = options;
  checkText('socket', 'the path of the admin socket, or host:port', socket);
  checkName('backend', backend);
  const { drainTimeoutMs, readyTimeoutMs, pollMs } = checkTimes(options, { pollMs: 100 });
  const stateOf = async (target: string): Promise<ServerState> => {
    const found = readStates(await ask(socket, `show stat ${backend} 4 -1`)).get(target);
    if (found === undefined) throw problem(`backend ${backend} has no server ${target}`);
    return found;
  };
  return {
    async drain(target, signal) {
      checkName('target', target);
      await ask(socket, `set server ${backend}/${target} state drain`);
      let requests = 0;
      await pollUntil(
        async () => {
          requests = (await stateOf(target)).requests;
          return requests === 0;
        },
        () => `HAProxy: ${target} still has ${requests} requests`,
        { pollMs, timeoutMs: drainTimeoutMs, signal },
      );
    },
    async ready(target, signal) {
      checkName('target', target);
      await ask(socket, `set server ${backend}/${target} state ready`);
      let status = '';
      await pollUntil(
        async () => {
          status = (await stateOf(target)).status;
          // A server without health checks.
          return status === 'UP' || status === 'no check';
        },
        () => `HAProxy: ${target} is ${status}, not UP`,
        { pollMs, timeoutMs: readyTimeoutMs, signal },
      );
    },
    async isDrained(target) {
      checkName('target', target);
      return /^(?:DRAIN|MAINT)/.test((await stateOf(target)).status);
    },
  };
}

interface ServerState {
  readonly status: string;
  readonly requests: number;
}

/** Sends one command, and resolves to the answer: a table, or nothing. */
async function ask(socket: string, command: string): Promise<string> {
  const [, host, port] = /^([^/]+):(\d+)$/.exec(socket) ?? [];
  const connection =
    host === undefined ? createConnection(socket) : createConnection(Number(port), host);
  connection.setTimeout(ANSWER_MS, () => {
    connection.destroy(new Error(`no answer within ${ANSWER_MS} ms`));
  });
  connection.end(`${command}\n`);
  let answer: string;
  try {
    answer = (await text(connection)).trim();
  } catch (error) {
    throw problem(`${socket}: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (answer === '' || answer.startsWith('#')) return answer;
  throw problem(`${command}: ${answer.slice(0, 200).replace(/\.$/, '')}`);
}

function readStates(table: string): ReadonlyMap<string, ServerState> {
  const [header = '', ...lines] = table.replace(/^# /, '').split('\n');
  const columns = header.split(',');
  return new Map(
    lines.map((line) => {
      const cells = line.split(',');
      const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
      return [cell('svname'), { status: cell('status'), requests: Number(cell('scur')) }];
    }),
  );
}

/** Rejects a name that would be another command. */
function checkName(option: string, name: string): void {
  if (typeof name === 'string' && /^[\w.:-]+$/.test(name)) return;
  throw invalidOption(
    `Option ${option} is ${describeValue(name)}: expected letters, digits and "_.:-".`,
  );
}

function problem(reason: string, cause?: unknown): DeployError {
  return new DeployError('ERR_DEPLOY_BALANCER', `HAProxy: ${reason}.`, { cause });
}
