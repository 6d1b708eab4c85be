import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { canBootFleet, exposePort, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { awsTestConnection, startMoto, until, type MotoServer } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sendSecret, type BuiltRelease } from '../../../src/index.ts';
import { sshCarrier } from '../../../src/ssh.ts';
import { askService, deploy, runAgent, type AgentReport } from '../../support/agent-on-host.ts';
import { buildService, serviceInput, type ServiceOptions } from '../../support/service-release.ts';

const { region, credentials } = awsTestConnection;
const secretsFile = '/etc/fairlead/gateway.secrets';
const sentinel = () => `sentinel-${randomBytes(12).toString('hex')}`;
// Every character that systemd's EnvironmentFile, a shell or JSON could change.
const odd = `${sentinel()} "'\`$HOME\\ \\n #;%i\ttwo\nlines \u00E9`;
const values = { pepper: sentinel(), rotated: sentinel(), webhook: odd, keys: sentinel() };
const bad = `bad-${sentinel()}`;
const all = [values.pepper, values.rotated, odd.slice(0, 30), values.keys, bad];

describe.skipIf(!canBootFleet())('secrets of a host', () => {
  let fleet: Fleet;
  let host: FleetHost;
  let moto: MotoServer;
  let environment: Record<string, string>;
  let release: BuiltRelease;
  let other: BuiltRelease;
  const outputs: string[] = [];

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
    moto = await startMoto();
    const { url } = await exposePort(fleet, moto.port);
    environment = {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    release = await buildService(withSecrets(1));
    other = await buildService(withSecrets(2));
  });

  afterAll(async () => {
    await fleet.close();
    await moto.stop();
  });

  function withSecrets(version: number): ServiceOptions {
    return {
      version,
      before: `import { createHash } from 'node:crypto';
const hash = (text: string | undefined) => createHash('sha256').update(text ?? '').digest('hex');
if (process.env.FAIRLEAD_PEPPER?.startsWith('bad')) throw new Error('the pepper is refused');`,
      outputs: 'hash(process.env.FAIRLEAD_PEPPER), hash(process.env.WEBHOOK)',
      options: { checks: [] },
      deployment: {
        gateway: { ...serviceInput.gateway, service: { user: 'fairlead', secretsFile } },
        secrets: [
          {
            name: 'pepper',
            from: { ssmParameter: '/shop/pepper' },
            path: secretsFile,
            variable: 'FAIRLEAD_PEPPER',
          },
          {
            name: 'webhook',
            from: { secretsManager: 'shop/production', key: 'webhook' },
            path: secretsFile,
            variable: 'WEBHOOK',
          },
          {
            name: 'keys',
            from: { file: '/root/keys.json' },
            path: '/etc/fairlead/keys.json',
            owner: 'root:fairlead',
            mode: '0640',
          },
        ],
      },
    };
  }

  async function agent(args: readonly string[], of = release): Promise<AgentReport> {
    const report = await runAgent(host, of, args, environment);
    outputs.push(JSON.stringify(report));
    return report;
  }

  async function deployed(of = release): Promise<AgentReport> {
    const report = await deploy(host, of, environment);
    outputs.push(JSON.stringify(report));
    return report;
  }

  async function setPepper(Value: string): Promise<void> {
    const ssm = new SSMClient({ endpoint: moto.endpoint, region, credentials });
    const Name = '/shop/pepper';
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString', Overwrite: true }));
  }

  function answerOf(pepper: string, version = 1): object {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    return { version, outputs: [hash(pepper), hash(odd)] };
  }

  it('a release whose secrets are missing is refused before anything is touched, with every fix', async () => {
    const { code, steps, error } = await deployed();
    expect([code, steps, error?.code]).toEqual([
      1,
      ['verify', 'unpack', 'accounts', 'secrets'],
      'ERR_DEPLOY_SECRET',
    ]);
    expect(error?.message).toContain('/root/keys.json: it doesn');
    expect(error?.message).toContain('the SSM parameter /shop/pepper: ParameterNotFound');
    expect(error?.message).toContain('the secret shop/production of Secrets Manager: Resource');
    expect((await host.run(['ls', '/etc/fairlead'])).stdout).toBe('');
  });

  it('the host reads its secrets before the services start, and writes them with mode and owner', async () => {
    await setPepper(values.pepper);
    const manager = new SecretsManagerClient({ endpoint: moto.endpoint, region, credentials });
    const SecretString = JSON.stringify({ webhook: odd });
    await manager.send(new CreateSecretCommand({ Name: 'shop/production', SecretString }));
    const carrier = await sshCarrier({ url: 'h1', configFile: fleet.sshConfig });
    await sendSecret(carrier, { path: '/root/keys.json', value: values.keys });
    await carrier.close();
    expect((await deployed()).result).toEqual({ outcome: 'activated', digest: release.digest });
    expect(await askService(host)).toEqual(answerOf(values.pepper));
    const { stdout } = await host.run([
      ...['stat', '-c', '%n %a %U:%G', secretsFile, '/etc/fairlead/keys.json', '/root/keys.json'],
    ]);
    expect(stdout).toBe(
      `${secretsFile} 600 root:root\n/etc/fairlead/keys.json 640 root:fairlead\n/root/keys.json 600 root:root\n`,
    );
    expect(await host.readFile('/etc/fairlead/keys.json')).toBe(values.keys);
    expect((await agent(['plan', release.digest])).result).toEqual({ differences: [] });
    expect((await deployed()).result).toMatchObject({ outcome: 'unchanged' });
  });

  it('a changed secret is a difference without a value, and the next deployment of the same release applies it', async () => {
    await setPepper(values.rotated);
    const expected =
      'the value of the SSM parameter /shop/pepper, the member "webhook" of the secret shop/production of Secrets Manager';
    expect((await agent(['plan', release.digest])).result).toEqual({
      differences: [{ subject: secretsFile, found: 'another value', expected }],
    });
    expect((await deployed()).result).toMatchObject({ outcome: 'activated' });
    expect(await askService(host)).toEqual(answerOf(values.rotated));
    await host.run(['sh', '-c', `echo A=b >>${secretsFile}; rm /etc/fairlead/keys.json`]);
    const { result } = await agent(['plan', release.digest]);
    expect(result?.differences).toMatchObject([
      { subject: secretsFile, found: 'another value' },
      { subject: '/etc/fairlead/keys.json', found: 'missing' },
    ]);
    expect((await deployed()).result).toMatchObject({ outcome: 'activated' });
    expect((await agent(['plan', release.digest])).result).toEqual({ differences: [] });
  });

  it('a secret that the service refuses is reverted to the one before', async () => {
    await setPepper(bad);
    const { result } = await deployed();
    expect(result).toMatchObject({ outcome: 'reverted', digest: release.digest });
    expect((result?.log as string[]).join('\n')).toContain('the pepper is refused');
    expect(await askService(host)).toEqual(answerOf(values.rotated));
    const stored = '/var/lib/fairlead-deploy/previous-secrets.json';
    expect((await host.run(['test', '-e', stored], { mayFail: true })).exitCode).toBe(1);
    // A new release with the same secret too.
    expect((await deployed(other)).result).toMatchObject({
      outcome: 'reverted',
      digest: release.digest,
    });
    expect(await askService(host)).toEqual(answerOf(values.rotated));
  });

  it('an agent that is killed after writing a refused secret is followed by the release and the secret before', async () => {
    const working = agent(['activate', release.digest]);
    await until(
      async () =>
        (await host.run(['grep', '-q', bad, secretsFile], { mayFail: true })).exitCode === 0,
    );
    await host.run(['pkill', '-9', '-f', '[a]gent.mjs']);
    await working;
    expect((await agent(['activate', release.digest])).result).toMatchObject({
      outcome: 'reverted',
      digest: release.digest,
    });
    expect(await askService(host)).toEqual(answerOf(values.rotated));
  });

  it('a rollback needs no source', async () => {
    await setPepper(values.rotated);
    expect((await deployed(other)).result).toMatchObject({ outcome: 'activated' });
    environment = { ...environment, AWS_ENDPOINT_URL: 'http://10.77.0.1:1' };
    expect((await agent(['activate', other.digest])).error?.code).toBe('ERR_DEPLOY_SECRET');
    expect((await agent(['plan', other.digest])).result).toMatchObject({
      differences: [
        { subject: secretsFile, found: expect.stringContaining("can't be read") as string },
      ],
    });
    const { result } = await agent(['rollback'], other);
    expect(result).toMatchObject({
      outcome: 'activated',
      digest: release.digest,
      message: expect.stringContaining('The secret pepper can') as string,
    });
    expect(await askService(host)).toEqual(answerOf(values.rotated));
  });

  it('no value is in a release, a report, the journal, a unit, an argument or a folder of the agent', async () => {
    expect(outputs.length).toBeGreaterThan(12);
    const archives = [release, other].map(({ path }) => readFileSync(path));
    const journal = await host.journal();
    const script = `cat /proc/[0-9]*/cmdline | tr '\\0' ' '; systemctl show '*' --no-pager; systemctl cat 'fairlead*' nginx --no-pager
find /var/lib/fairlead-deploy /etc/systemd /etc/nginx /run/systemd /run/fairlead* /tmp -type f -size -1M -exec cat {} +
find /opt/fairlead/releases/ -name '*.json' -exec cat {} +; find -L /opt/fairlead/current/files /opt/fairlead/current/gateway -type f -exec cat {} +`;
    const { stdout } = await host.run(['sh', '-c', script], { mayFail: true });
    expect(stdout).toContain('FAIRLEAD_SHUTDOWN_GRACE_MS');
    const parts = archives.flatMap((archive) => partsOf(archive, release, other));
    for (const value of all) {
      for (const text of [...outputs, journal, stdout]) expect(text.includes(value)).toBe(false);
      for (const bytes of [...archives, ...parts]) expect(bytes.includes(value)).toBe(false);
    }
    // The search finds what is there.
    expect(parts.some((bytes) => bytes.includes('the pepper is refused'))).toBe(true);
    // The pattern is no argument: the journal records those of a session.
    const search = ['grep', '-rlf', '-', '/etc', '/var', '/opt', '/home', '/tmp', '/root'];
    const options = { stdin: values.rotated, mayFail: true };
    const asAdmin = await host.run(['runuser', '-u', 'admin', '--', ...search], options);
    expect(asAdmin.stdout).toBe('');
    expect((await host.run(search, options)).stdout).toBe(`${secretsFile}\n`);
  });

  it('the file of a secret that no release on the host has any more is removed', async () => {
    for (const version of [11, 12, 13]) {
      const without = await buildService({ version });
      expect((await deploy(host, without)).result).toMatchObject({ outcome: 'activated' });
      const { stdout } = await host.run(['ls', '/etc/fairlead']);
      expect(stdout === '').toBe(version === 13);
    }
    await host.run(['test', '-e', '/root/keys.json']);
  });
});

/** Returns the contents of the parts in the archive of a release. */
function partsOf(archive: Buffer, ...releases: readonly BuiltRelease[]): readonly Buffer[] {
  return releases.flatMap(({ manifest }) =>
    manifest.parts.flatMap(({ role, sha256, compressedBytes }) => {
      const at = archive.indexOf(`parts/${sha256}`);
      if (role === 'node' || at < 0) return [];
      return [gunzipSync(archive.subarray(at + 512, at + 512 + compressedBytes))];
    }),
  );
}
