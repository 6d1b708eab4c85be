import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import type { FleetHost } from './fleet-host.ts';
import { COMMAND_ENVIRONMENT } from './run-command.ts';
import type { Fleet } from './start-fleet.ts';

/** Address of the load balancer in the network of the fleet. */
const ADDRESS = '10.77.0.1';
const POLL_MS = 50;

/** Options of a load balancer. */
export interface BalancerOptions {
  /** Port of the balancer; default: 80. */
  readonly port?: number;
  /** Port of the hosts; default: 80. */
  readonly hostPort?: number;
  /** Path whose status 200 makes a host healthy; default: `/v2/health/ready`. */
  readonly readyPath?: string;
  /** `Host` header of health checks; default: `fleet`. */
  readonly checkHost?: string;
  /** Time between two health checks of a host, in milliseconds; two in a row decide; default: 1,000. */
  readonly checkIntervalMs?: number;
  /** Hosts that receive requests from the start; the others follow with `ready`. Default: all. */
  readonly registered?: readonly FleetHost[];
}

/** State of a host at the balancer. */
export interface BalancedHost {
  /** State as HAProxy names it: `UP`, `DOWN`, `DRAIN`, `MAINT`, `UP 1/2`, … */
  readonly status: string;
  /** Requests in progress at the host. */
  readonly scur: number;
  /** Responses of the host since the start of the balancer. */
  readonly responses: number;
  /** Those with status 5xx among them. */
  readonly errors: number;
}

/** HAProxy in front of the hosts, with the part of an Application Load Balancer. */
export interface Balancer {
  /** Its URL in the network of the fleet, such as `http://10.77.0.1:80`. */
  readonly url: string;
  /** Path of its admin socket. */
  readonly socket: string;
  /** Reads the states of all hosts, by name. */
  states(): Promise<Readonly<Record<string, BalancedHost>>>;
  /** Sends no new request to a host, and resolves once its last request has ended. */
  drain(host: FleetHost, timeoutMs?: number): Promise<void>;
  /** As `drain`, and checks its health no more. */
  remove(host: FleetHost, timeoutMs?: number): Promise<void>;
  /** Lets a host receive requests, and resolves once it is healthy. */
  ready(host: FleetHost, timeoutMs?: number): Promise<void>;
  /** Ends HAProxy. The end of the fleet ends it too. */
  stop(): Promise<void>;
}

/**
 * Starts HAProxy, which distributes requests over the hosts and checks each one every second. Its answers carry the name of
 * the host in the header `x-fleet-host`. It never repeats a request at another host.
 *
 * @throws Error with HAProxy's log when it doesn't start
 */
export async function startBalancer(
  fleet: Fleet,
  hosts: readonly FleetHost[] = fleet.hosts,
  options: BalancerOptions = {},
): Promise<Balancer> {
  const { port = 80 } = options;
  const prefix = `${fleet.namespaces.folder}/balancer-${port}`;
  const [config, socket, log] = [`${prefix}.cfg`, `${prefix}.sock`, `${prefix}.log`];
  writeFileSync(config, renderConfig(hosts, socket, options));
  const output = openSync(log, 'a');
  const [program, ...args] = fleet.namespaces.enter(['haproxy', '-q', '-db', '-f', config]);
  const child = spawn(program, args, {
    detached: true,
    env: COMMAND_ENVIRONMENT,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;

  const states = async (): Promise<Record<string, BalancedHost>> =>
    readStates(await ask(socket, 'show stat hosts 4 -1'));
  const poll = async (
    done: () => Promise<boolean>,
    timeoutMs: number,
    what: string,
  ): Promise<void> => {
    const deadline = performance.now() + timeoutMs;
    while (!(await done())) {
      if (hasEnded()) throw new Error(`HAProxy has ended:\n${readFileSync(log, 'utf8')}`);
      if (performance.now() > deadline) throw new Error(`${what} after ${timeoutMs} ms`);
      await sleep(POLL_MS);
    }
  };
  const answers = (): Promise<boolean> =>
    states().then(
      () => true,
      () => false,
    );
  await poll(answers, 20_000, 'HAProxy does not answer');

  const drain = async ({ name }: FleetHost, timeoutMs = 60_000): Promise<void> => {
    await ask(socket, `set server hosts/${name} state drain`);
    const idle = async (): Promise<boolean> => (await states())[name]?.scur === 0;
    await poll(idle, timeoutMs, `host ${name} still has requests`);
  };

  return {
    url: `http://${ADDRESS}:${port}`,
    socket,
    states,
    drain,
    async remove(host, timeoutMs) {
      await drain(host, timeoutMs);
      await ask(socket, `set server hosts/${host.name} state maint`);
    },
    async ready({ name }, timeoutMs = 60_000) {
      await ask(socket, `set server hosts/${name} state ready`);
      const up = async (): Promise<boolean> => (await states())[name]?.status === 'UP';
      await poll(up, timeoutMs, `host ${name} is not healthy`);
    },
    async stop() {
      if (hasEnded()) return;
      const ended = once(child, 'exit');
      // nsenter waits for HAProxy, which stops at once.
      await fleet.run(['bash', '-c', 'kill -TERM $(pgrep -f "haproxy -q -db -f $1")', '', config]);
      await ended;
    },
  };
}

function renderConfig(
  hosts: readonly FleetHost[],
  socket: string,
  {
    port = 80,
    hostPort = 80,
    readyPath = '/v2/health/ready',
    checkHost = 'fleet',
    checkIntervalMs = 1_000,
    registered = hosts,
  }: BalancerOptions,
): string {
  const servers = hosts.map((host) => {
    const { name, address } = host;
    const state = registered.includes(host) ? '' : ' disabled';
    return `  server ${name} ${address}:${hostPort} check${state}`;
  });
  return `global
  maxconn 4096
  stats socket ${socket} mode 600 level admin
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  retries 0
frontend clients
  bind ${ADDRESS}:${port}
  default_backend hosts
backend hosts
  balance roundrobin
  option httpchk
  http-check send meth GET uri ${readyPath} ver HTTP/1.1 hdr Host ${checkHost}
  http-check expect status 200
  http-response set-header x-fleet-host %s
  default-server inter ${checkIntervalMs} fall 2 rise 2
${servers.join('\n')}
`;
}

/** Sends one command to the admin socket, and resolves to the answer. */
async function ask(socket: string, command: string): Promise<string> {
  const connection = createConnection(socket);
  connection.end(`${command}\n`);
  const answer = (await text(connection)).trim();
  // `set` answers nothing, and `show stat` a table.
  if (answer !== '' && !answer.startsWith('#')) throw new Error(`HAProxy: ${command}: ${answer}`);
  return answer;
}

function readStates(table: string): Record<string, BalancedHost> {
  const [header = '', ...lines] = table.replace(/^# /, '').split('\n');
  const columns = header.split(',');
  return Object.fromEntries(
    lines.map((line) => {
      const cells = line.split(',');
      const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
      const responses = ['1xx', '2xx', '3xx', '4xx', '5xx'].map((kind) =>
        Number(cell(`hrsp_${kind}`)),
      );
      return [
        cell('svname'),
        {
          status: cell('status'),
          scur: Number(cell('scur')),
          responses: responses.reduce((sum, count) => sum + count, 0),
          errors: responses.at(-1) ?? 0,
        },
      ];
    }),
  );
}
