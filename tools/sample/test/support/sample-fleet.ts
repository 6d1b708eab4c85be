import type { Balancer, RolloutHost } from '@fairlead/deploy';
import { haproxyBalancer } from '@fairlead/deploy/haproxy';
import { sshCarrier } from '@fairlead/deploy/ssh';
import {
  startBalancer,
  startFleet,
  startLoad,
  type Balancer as HAProxy,
  type Fleet,
  type Load,
  type LoadResult,
} from '@fairlead/fleet';
import { until } from '@fairlead/test-support/polling';
import { SampleOnHost } from './sample-on-host.ts';

/** Predictions a second by the load. */
export const RATE = 200;
const NAMES = ['h1', 'h2', 'h3'];

/** Three hosts behind HAProxy with the models and secrets of the sample, without a release yet. */
export class SampleFleet implements AsyncDisposable {
  readonly sample = new SampleOnHost();
  #fleet: Fleet | undefined;
  #haproxy: HAProxy | undefined;
  #hosts: readonly RolloutHost[] = [];

  /** Trains the models, boots the hosts, and copies models and secrets to them. */
  static async start(): Promise<SampleFleet> {
    const started = new SampleFleet();
    try {
      await started.#start();
      return started;
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(): Promise<void> {
    await this.sample.prepareModels();
    this.#fleet = await startFleet({ hosts: NAMES.length });
    this.#haproxy = await startBalancer(this.#fleet);
    const { sshConfig } = this.#fleet;
    const { socket } = this.#haproxy;
    this.sample.sync(sshConfig, NAMES, { socket, backend: 'hosts' });
    this.#hosts = await Promise.all(
      NAMES.map(async (name) => ({
        carrier: await sshCarrier({ url: name, configFile: sshConfig }),
        target: name,
      })),
    );
  }

  get fleet(): Fleet {
    if (this.#fleet === undefined) throw new Error('the hosts have not started');
    return this.#fleet;
  }

  get haproxy(): HAProxy {
    if (this.#haproxy === undefined) throw new Error('HAProxy has not started');
    return this.#haproxy;
  }

  /** Hosts and balancer of rolling updates. */
  get targets(): { readonly hosts: readonly RolloutHost[]; readonly balancer: Balancer } {
    const { socket } = this.haproxy;
    return { hosts: this.#hosts, balancer: haproxyBalancer({ socket, backend: 'hosts' }) };
  }

  /** Waits until HAProxy sends requests to every host. */
  async untilAllServe(): Promise<void> {
    await until(async () =>
      Object.values(await this.haproxy.states()).every(({ status }) => status === 'UP'),
    );
  }

  /** Starts to predict golden examples of every model, by both runtimes. */
  startLoad(): Promise<Load> {
    const headers = { authorization: `Bearer ${this.sample.key}` };
    const requests = this.sample.checks.map(({ path, body, expected }) => ({
      ...{ path, body, expected, headers },
    }));
    return startLoad(this.fleet, { url: this.haproxy.url, rate: RATE, requests });
  }

  /** Runs a script on every host. */
  async shell(script: string): Promise<void> {
    await Promise.all(NAMES.map((name) => this.fleet.host(name).run(['sh', '-c', script])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map(({ carrier }) => carrier.close()));
    await this.#fleet?.close();
    this.sample.remove();
  }
}

/** Describes the result of a load. */
export function show({ sent, failed, p50, p99, max }: LoadResult): string {
  return `${sent} sent, ${failed} failed, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms`;
}
