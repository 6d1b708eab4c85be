import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { DeploymentInput } from '@fairlead/deploy-config';
import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { temporaryFolder, until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { installPackages } from '../../src/index.ts';
import { sshCarrier } from '../../src/ssh.ts';
import { defineDeployment } from '@fairlead/deploy-config';
import { deploy, runAgent } from '../support/agent-on-host.ts';
import { buildService, serviceInput } from '../support/service-release.ts';
import { hasPebble, startPebble, type Pebble } from '../support/start-pebble.ts';

const name = 'models.example.com';
const unit = 'fairlead-certificate.service';

describe.skipIf(!canBootFleet())('certificates of a host', () => {
  let fleet: Fleet;
  let host: FleetHost;

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
  });

  afterAll(() => fleet.close());

  /** Requests a path with curl from the network of the fleet, under the name of the certificate. */
  async function curl(path: string, ...args: readonly string[]): Promise<string> {
    const resolve = [443, 80].flatMap((port) => ['--resolve', `${name}:${port}:${host.address}`]);
    const { stdout, stderr } = await fleet.run(
      [
        'curl',
        '-sS',
        '-m',
        '10',
        ...resolve,
        ...args,
        path.startsWith('http') ? path : `https://${name}${path}`,
      ],
      { mayFail: true },
    );
    return stdout + stderr;
  }

  async function journal(): Promise<string> {
    return host.journal(unit);
  }

  describe.skipIf(!hasPebble)('of an ACME authority', () => {
    let pebble: Pebble;
    let listen: DeploymentInput['nginx']['listen'];
    let rootFile: string;

    beforeAll(async () => {
      // Less than the 30 days before the end at which certbot renews: each run obtains another one.
      pebble = await startPebble(fleet, host, 20);
      rootFile = `${fleet.namespaces.folder}/root.pem`;
      writeFileSync(rootFile, pebble.root);
      await host.writeFile('/etc/fairlead/authority.pem', pebble.authority);
      listen = {
        scheme: 'https',
        names: [name, 'api.example.com'],
        acme: {
          email: 'ops@example.com',
          directory: pebble.directory,
          authorityFile: '/etc/fairlead/authority.pem',
        },
      };
    });

    it('a host without certbot is refused, and is prepared with it', async () => {
      const release = await buildService({ version: 1, deployment: { nginx: { listen } } });
      expect((await deploy(host, release)).error?.message).toContain('certbot is not installed');
      const carrier = await sshCarrier({ url: 'h1', configFile: fleet.sshConfig });
      const deployment = defineDeployment({ ...serviceInput, nginx: { listen } });
      const { missing } = await installPackages(carrier, { deployment });
      await carrier.close();
      expect(missing).toContain('certbot');
    });

    it('the first release serves with a placeholder until the certificate is issued, by itself', async () => {
      const release = await buildService({
        version: 1,
        deployment: { nginx: { listen }, cloudWatch: {} },
      });
      expect((await deploy(host, release)).result).toMatchObject({ outcome: 'activated' });
      const answer = await until(async () => {
        const text = await curl('/v2/models/m/infer', '--cacert', rootFile);
        return text.startsWith('{') ? text : undefined;
      });
      expect(answer).toBe('{"version":1,"outputs":[1]}');
      expect(
        await curl(
          'https://api.example.com/',
          '--cacert',
          rootFile,
          '--resolve',
          `api.example.com:443:${host.address}`,
        ),
      ).toContain('"version":1');
      expect((await runAgent(host, release, ['plan', release.digest])).result).toEqual({
        differences: [],
      });
      const { stdout } = await host.run(['stat', '-c', '%a %U', '/etc/fairlead/tls/key.pem']);
      expect(stdout).toBe('600 root\n');
    });

    it('port 80 answers challenges and redirects everything else', async () => {
      await host.writeFile('/var/lib/fairlead-acme/.well-known/acme-challenge/a-token', 'answer');
      const url = `http://${name}/.well-known/acme-challenge`;
      expect(await curl(`${url}/a-token`)).toBe('answer');
      expect(await curl(`${url}/other`, '-o', '/dev/null', '-w', '%{http_code}')).toBe('404');
      expect(
        await curl(
          `${url}/../../../etc/passwd`,
          '--path-as-is',
          '-o',
          '/dev/null',
          '-w',
          '%{http_code}',
        ),
      ).toMatch(/^(?:308|400)$/);
      expect(
        await curl(`http://${name}/x?y`, '-o', '/dev/null', '-w', '%{http_code} %{redirect_url}'),
      ).toBe(`308 https://${name}/x?y`);
    });

    it('a renewal reloads Nginx without a lost request, and sends the days left as a metric', async () => {
      const serial = () =>
        host.run([
          'openssl',
          'x509',
          '-noout',
          '-serial',
          '-in',
          '/etc/fairlead/tls/certificate.pem',
        ]);
      const before = (await serial()).stdout;
      const metric = host.run([
        ...['/opt/fairlead/current/bin/node', '-e'],
        `const s = require('node:dgram').createSocket('udp4'); s.on('message', (m) => { console.log(String(m)); s.close(); }); s.bind(8125, '127.0.0.1');`,
      ]);
      const loop = `for i in $(seq 150); do curl -sS -m 10 --resolve ${name}:443:${host.address} --cacert ${rootFile} -o /dev/null -w '%{http_code}\\n' https://${name}/; done`;
      const load = fleet.run(['sh', '-c', loop], { mayFail: true });
      await host.run(['systemctl', 'start', unit]);
      const answers = (await load).stdout.trim().split('\n');
      expect(answers).toHaveLength(150);
      expect(new Set(answers)).toEqual(new Set(['200']));
      expect((await serial()).stdout).not.toBe(before);
      expect((await metric).stdout).toBe('certificate_days_left:19|g|#deployment:fairlead\n');
      expect(await journal()).toContain('"daysLeft":19,"renewed":true');
      // Nginx serves the new one, once its new workers have taken over.
      const after = (await serial()).stdout;
      const served = () =>
        fleet.run([
          ...[
            'sh',
            '-c',
            'openssl s_client -connect "$1":443 -servername "$2" </dev/null 2>/dev/null | openssl x509 -noout -serial',
          ],
          ...['sh', host.address, name],
        ]);
      await until(async () => (await served()).stdout === after);
    });

    it('TLS is the intermediate configuration of Mozilla: HTTP/2, HSTS, and no other name', async () => {
      expect(await curl('/', '--cacert', rootFile, '-D', '-', '-o', '/dev/null')).toMatch(
        /^HTTP\/2 200 [^]*strict-transport-security: max-age=63072000\r\n/,
      );
      const other = await curl(
        'https://other.example.com/',
        '-k',
        '--resolve',
        `other.example.com:443:${host.address}`,
      );
      expect(other).toMatch(/unrecognized name|alert/);
      expect(await curl('/', '--cacert', rootFile, '--tls-max', '1.1')).toMatch(
        /alert|protocol|tls/i,
      );
    });

    it('testssl.sh finds nothing of a medium severity or above', async () => {
      const report = `${fleet.namespaces.folder}/testssl.json`;
      const argv = [
        'testssl',
        '--quiet',
        '--color',
        '0',
        '--warnings',
        'batch',
        '--add-ca',
        rootFile,
        '--ip',
        host.address,
        '--jsonfile',
        report,
        `https://${name}`,
      ];
      const { stdout, stderr } = await fleet.run(argv, { mayFail: true, timeoutMs: 800_000 });
      const findings = JSON.parse(readFileSync(report, 'utf8')) as {
        readonly id: string;
        readonly severity: string;
        readonly finding: string;
      }[];
      expect(findings.length, stdout + stderr).toBeGreaterThan(80);
      const bad = findings.filter(
        ({ severity, id }) =>
          ['MEDIUM', 'HIGH', 'CRITICAL', 'FATAL'].includes(severity) && !ACCEPTED.has(id),
      );
      expect(bad).toEqual([]);
    });

    it('without the authority the host serves, and the failure is reported', async () => {
      await pebble.stop();
      const { exitCode } = await host.run(['systemctl', 'start', unit], { mayFail: true });
      expect(exitCode).not.toBe(0);
      expect(await journal()).toMatch(
        /certbot failed \(1\) for models\.example\.com, api\.example\.com\. Each name must lead to this host/,
      );
      expect(await curl('/', '--cacert', rootFile)).toContain('"version":1');
      await host.run(['systemctl', 'stop', unit]);
    });
  });

  it('a certificate in a file is served, and a report says when it ends', async () => {
    const folder = temporaryFolder();
    const create = (days: number): string => {
      const files = [join(folder, 'key.pem'), join(folder, 'certificate.pem')] as const;
      execFileSync('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
        ...['-days', String(days), '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
        ...['-keyout', files[0], '-out', files[1]],
      ]);
      return files[1];
    };
    const put = async (days: number): Promise<void> => {
      const certificate = readFileSync(create(days));
      await host.writeFile('/etc/ssl/shop.pem', certificate);
      await host.writeFile('/etc/ssl/shop.key', readFileSync(join(folder, 'key.pem')), 0o600);
    };
    await put(60);
    const listen = {
      scheme: 'https',
      names: [name],
      certificateFile: '/etc/ssl/shop.pem',
      certificateKeyFile: '/etc/ssl/shop.key',
    } as const;
    const release = await buildService({ version: 2, deployment: { nginx: { listen } } });
    expect((await deploy(host, release)).result).toMatchObject({ outcome: 'activated' });
    const file = `${fleet.namespaces.folder}/shop.pem`;
    writeFileSync(file, readFileSync(join(folder, 'certificate.pem')));
    expect(await curl('/', '--cacert', file)).toBe('{"version":2,"outputs":[2]}');
    await host.run(['systemctl', 'start', unit]);
    expect(await journal()).toMatch(/"daysLeft":(?:59|60),"renewed":false/);
    await put(5);
    const { exitCode } = await host.run(['systemctl', 'start', unit], { mayFail: true });
    expect(exitCode).toBe(1);
    expect(await journal()).toMatch(
      /certificate \/etc\/ssl\/shop\.pem ends in [45] days\. Replace it/,
    );
    const { result } = await runAgent(host, release, ['plan', release.digest]);
    expect(result?.differences).toEqual([
      { subject: unit, found: 'ActiveState=failed', expected: 'ActiveState=inactive' },
    ]);
    await host.run(['systemctl', 'reset-failed', unit]);
  });

  it('behind a load balancer that terminates TLS, its checks by address are answered, and other requests by address are not', async () => {
    const nginx = {
      listen: { scheme: 'http', address: '0.0.0.0:80', names: [name] },
      publicScheme: 'https',
      trustedProxies: ['10.77.0.1/32'],
    } as const;
    const release = await buildService({ version: 3, deployment: { nginx } });
    expect((await deploy(host, release)).result).toMatchObject({ outcome: 'activated' });
    const status = ['-o', '/dev/null', '-w', '%{http_code}'];
    const byAddress = `http://${host.address}`;
    expect(await curl(`${byAddress}/v2/health/ready`, ...status)).toBe('200');
    expect(await curl(`${byAddress}/v2/models`, ...status)).toBe('421');
    expect(await curl(`http://${name}/v2/models/m/infer`)).toBe('{"version":3,"outputs":[3]}');
    // The units of the certificate were removed with it.
    const { stdout } = await host.run(['systemctl', 'list-unit-files', '--no-pager', 'fairlead-*']);
    expect(stdout).not.toContain('certificate');
  });
});

/** Findings that are decisions, or are about the certificate and the service of the tests. */
const ACCEPTED = new Set([
  // Mozilla's intermediate configuration lets clients choose: every cipher of the list is good.
  'cipher_order',
  // The certificate of the tests ends in 20 days, and its authority has no revocation.
  ...['cert_expirationStatus', 'cert_notAfter', 'cert_revocation'],
  // The gateway sets them, not the service of the tests.
  'security_headers',
]);
