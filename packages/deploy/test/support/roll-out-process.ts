import { haproxyBalancer } from '../../src/haproxy.ts';
import { rollBack, rollOut } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';

/** Arguments of the process, as JSON. */
export interface RollOutPlan {
  readonly sshConfig: string;
  readonly names: readonly string[];
  readonly socket: string;
  /** Path of the release, for `rollOut`. */
  readonly release: string;
  readonly work: 'rollOut' | 'rollBack';
}

// Deploys a release as `fairlead deploy` does, for tests that kill it: writes the events and the result as JSON lines.
const plan = JSON.parse(process.argv[2] ?? '') as RollOutPlan;
const write = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const hosts = await Promise.all(
  plan.names.map(async (name) => ({
    carrier: await sshCarrier({ url: name, configFile: plan.sshConfig }),
    target: name,
  })),
);
const stop = new AbortController();
process.once('SIGINT', () => {
  stop.abort();
});
try {
  const balancer = haproxyBalancer({ socket: plan.socket, backend: 'hosts' });
  const fleet = { hosts, balancer, signal: stop.signal, onEvent: write };
  const result =
    plan.work === 'rollBack'
      ? await rollBack(fleet)
      : await rollOut({ ...fleet, release: plan.release, watchMs: 0 });
  write({ type: 'result', ...result });
} catch (error) {
  write({ type: 'error', message: String(error) });
}
await Promise.all(hosts.map(({ carrier }) => carrier.close()));
