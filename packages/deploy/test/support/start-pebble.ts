import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';

import type { Fleet, FleetHost } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';

const ADDRESS = '10.77.0.1';

/** `true` where Debian's packages of an ACME server for tests and of a check of TLS are installed. */
export const hasPebble = ['pebble', 'testssl'].every((program) =>
  existsSync(`/usr/bin/${program}`),
);
if (!hasPebble) {
  process.stderr.write(
    'SKIPPED: tests of certificates of an ACME authority; run "apt-get install -y --no-install-recommends pebble testssl.sh"\n',
  );
}

/** An ACME authority in the network of a fleet, which checks port 80 of the hosts as Let's Encrypt does. */
export interface Pebble {
  readonly directory: string;
  /** Certificate of its listener (PEM). */
  readonly authority: string;
  /** Root of the certificates that it issues (PEM). */
  readonly root: string;
  stop(): Promise<void>;
}

/** Starts pebble with certificates of `days` days; every name leads to `host`. */
export async function startPebble(fleet: Fleet, host: FleetHost, days: number): Promise<Pebble> {
  const folder = fleet.namespaces.folder;
  const [key, certificate, config] = ['key.pem', 'certificate.pem', 'pebble.json'].map(
    (name) => `${folder}/pebble-${name}`,
  ) as [string, string, string];
  await fleet.run([
    ...['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30'],
    ...['-subj', '/CN=pebble', '-addext', `subjectAltName=IP:${ADDRESS}`],
    ...['-keyout', key, '-out', certificate],
  ]);
  await writeFile(
    config,
    JSON.stringify({
      pebble: {
        listenAddress: `${ADDRESS}:14000`,
        managementListenAddress: `${ADDRESS}:15000`,
        certificate,
        privateKey: key,
        httpPort: 80,
        tlsPort: 443,
        certificateValidityPeriod: days * 86_400,
      },
    }),
  );
  const log = openSync(`${folder}/pebble.log`, 'a');
  const start = (argv: readonly string[]): ChildProcess => {
    const [program, ...args] = fleet.namespaces.enter([
      ...['env', 'PEBBLE_VA_NOSLEEP=1', 'PEBBLE_WFE_NONCEREJECT=0', ...argv],
    ]);
    return spawn(program, args, { stdio: ['ignore', log, log] });
  };
  const children = [
    start([
      ...['pebble-challtestsrv', '-defaultIPv4', host.address, '-defaultIPv6', ''],
      ...['-dns01', `${ADDRESS}:8053`, '-http01', '', '-https01', '', '-tlsalpn01', ''],
      ...['-management', `${ADDRESS}:8055`],
    ]),
    start(['pebble', '-config', config, '-dnsserver', `${ADDRESS}:8053`]),
  ];
  const ended = children.map((child) => once(child, 'exit'));
  const curl = ['curl', '-sSf', '--cacert', certificate];
  const root = await until(async () => {
    const answer = await fleet.run([...curl, `https://${ADDRESS}:15000/roots/0`], {
      mayFail: true,
    });
    return answer.exitCode === 0 ? answer.stdout : undefined;
  });
  return {
    directory: `https://${ADDRESS}:14000/dir`,
    authority: (await fleet.run(['cat', certificate])).stdout,
    root,
    async stop() {
      await fleet.run(['pkill', '-x', 'pebble|pebble-challtes'], { mayFail: true });
      await Promise.all(ended);
    },
  };
}
