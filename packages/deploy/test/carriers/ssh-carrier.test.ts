import { canBootFleet, startFleet, type Fleet } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { deployToHost, type Carrier } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';
import { askService } from '../support/agent-on-host.ts';
import { buildService } from '../support/service-release.ts';

describe.skipIf(!canBootFleet())('a carrier by SSH', () => {
  let fleet: Fleet;
  let carrier: Carrier;

  beforeAll(async () => {
    fleet = await startFleet();
    carrier = await sshCarrier({ url: 'h1', configFile: fleet.sshConfig });
  });

  afterAll(async () => {
    await carrier.close();
    await fleet.close();
  });

  it('runs a program as root, with arguments that no shell interprets, standard input and the exit code', async () => {
    const words = ['a b', "it's", '$HOME', '`id`', '"; exit 9 #', '*', '', 'ä\nb'];
    const script = 'id -u; cat; printf "%s\\0" "$@"; echo error >&2; exit 7';
    const result = await carrier.run(['sh', '-c', script, 'sh', ...words], { stdin: 'input\n' });
    expect(result.stdout).toBe(`0\ninput\n${words.map((word) => `${word}\0`).join('')}`);
    expect([result.code, result.stderr]).toEqual([7, 'error\n']);
  });

  it('uses one connection for all commands', async () => {
    for (let count = 0; count < 3; count += 1) await carrier.run(['true']);
    const { stdout } = await fleet.host('h1').run(['journalctl', '-t', 'sshd', '--no-pager']);
    expect(stdout.match(/Accepted publickey/g)).toHaveLength(1);
  });

  it('refuses a host with another key', async () => {
    const other = await sshCarrier({
      url: fleet.host('h1').address,
      configFile: fleet.sshConfig,
      knownHostsFile: '/dev/null',
    });
    const { code, stderr } = await other.run(['true']);
    await other.close();
    expect([code, stderr]).toEqual([255, expect.stringContaining('verification failed') as string]);
  });

  it.each(['-oProxyCommand=touch /tmp/x', 'ssh://-oA=b@host', 'a b', 'host;id', ''])(
    'refuses the address %j',
    async (url) => {
      await expect(sshCarrier({ url })).rejects.toMatchObject({
        code: 'ERR_DEPLOY_INVALID_OPTION',
      });
    },
  );

  it('deploys a release, and sends only what the host lacks after that', async () => {
    const first = await buildService({ version: 1 });
    const second = await buildService({ version: 2 });
    const steps: string[] = [];
    const onStep = (step: string) => void steps.push(step);
    expect(await deployToHost(carrier, { release: first.path, onStep })).toMatchObject({
      outcome: 'activated',
      digest: first.digest,
    });
    expect(steps).toEqual([
      ...['send', 'verify', 'unpack', 'accounts', 'check', 'switch', 'restart', 'gate', 'clean-up'],
    ]);
    expect(await deployToHost(carrier, { release: first.path })).toEqual({
      outcome: 'unchanged',
      digest: first.digest,
      sentBytes: 0,
    });
    const { outcome, sentBytes } = await deployToHost(carrier, { release: second.path });
    expect(outcome).toBe('activated');
    expect(sentBytes).toBeLessThan(100_000);
    expect(await askService(fleet.host('h1'))).toEqual({ version: 2, outputs: [2] });
    const { stdout } = await carrier.run(['ls', '/var/lib/fairlead-deploy/incoming']);
    expect(stdout).toBe('');
  });

  it('names the host and the reason when it can not be reached', async () => {
    const release = await buildService({ version: 1 });
    const away = await sshCarrier({ url: 'ssh://root@127.0.0.1:1' });
    await expect(deployToHost(away, { release: release.path })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_HOST',
      message: expect.stringMatching(
        /^The host ssh:\/\/root@127\.0\.0\.1:1: can't be reached: .*refused/s,
      ) as string,
    });
    await away.close();
  });
});
