import { haproxyBalancer } from '../../src/haproxy.ts';
import { rollOut } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';

/** Arguments of the process, as JSON. */
export interface RollOutPlan {
  readonly sshConfig: string;
  readonly names: readonly string[];
  readonly socket: string;
  readonly release: string;
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
  const result = await rollOut({
    ...{ hosts, release: plan.release, watchMs: 0, signal: stop.signal, onEvent: write },
    balancer: haproxyBalancer({ socket: plan.socket, backend: 'hosts' }),
  });
  write({ type: 'result', ...result });
} catch (error) {
  write({ type: 'error', message: String(error) });
}
await Promise.all(hosts.map(({ carrier }) => carrier.close()));
