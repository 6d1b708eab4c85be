import { describe, expect, it } from 'vitest';

import {
  defineDeployment,
  DeploymentError,
  hostState,
  renderDeployment,
  systemdUnits,
  type DeploymentInput,
} from '../src/index.ts';
import { folderInput, hostInput } from './support/sample-deployment.ts';

const listen = {
  scheme: 'https',
  names: ['models.example.com'],
  acme: { email: 'ops@example.com' },
} as const;

function messagesOf(input: unknown): string {
  try {
    defineDeployment(input as DeploymentInput);
  } catch (error) {
    if (error instanceof DeploymentError) {
      return error.problems.map(({ message }) => message).join('\n');
    }
    throw error;
  }
  return '';
}

const withListen = (change: object) => ({
  ...hostInput,
  nginx: { listen: { ...listen, ...change } },
});

describe('a certificate of an ACME authority', () => {
  const deployment = defineDeployment(withListen({}));

  it('has its files below /etc, and Nginx answers challenges without TLS before it redirects', () => {
    expect(deployment.nginx.listen).toMatchObject({
      certificateFile: '/etc/fairlead/tls/certificate.pem',
      certificateKeyFile: '/etc/fairlead/tls/key.pem',
      acme: {
        directory: 'https://acme-v02.api.letsencrypt.org/directory',
        webroot: '/var/lib/fairlead-acme',
      },
    });
    const files = renderDeployment(deployment);
    const nginx = files.find(({ role }) => role === 'nginx')?.content ?? '';
    expect(nginx.match(/acme-challenge/g)).toHaveLength(1);
    const redirect = nginx.slice(nginx.indexOf('acme-challenge'), nginx.indexOf('return 308'));
    expect(redirect).toContain('root /var/lib/fairlead-acme;');
    // In the same server.
    expect(redirect).not.toContain('server {');
    const folders = files.find(({ path }) => path.includes('tmpfiles'))?.content;
    expect(folders).toContain('d "/var/lib/fairlead-acme" 0755 root root\n');
    expect(folders).toContain('d "/etc/letsencrypt" 0700 root root\n');
  });

  it('is renewed by a timer, and is in no backup', () => {
    const units = systemdUnits(deployment);
    expect(units['fairlead-certificate.timer']?.Timer).toEqual({
      OnBootSec: 30_000,
      OnUnitInactiveSec: 43_200_000,
    });
    expect(units['fairlead-certificate.service']?.Service).toMatchObject({ Restart: 'on-failure' });
    const certificates = hostState(deployment).filter(({ kind }) => kind === 'certificates');
    expect(certificates.map(({ backup }) => backup)).toEqual([undefined, undefined, undefined]);
  });

  it.each<[string, object, string]>([
    ['a wildcard', { names: ['*.example.com'] }, `can't obtain a certificate for "*.example.com"`],
    ['another port than 80', { redirectPort: 8080 }, 'an ACME authority checks port 80'],
    [
      'no authority and no files',
      { acme: undefined },
      'nginx.listen.certificateFile: is not set. Give the absolute path',
    ],
    [
      'a directory without TLS',
      { acme: { email: 'a@b.example', directory: 'http://a/' } },
      'nginx.listen.acme.directory',
    ],
    [
      'an address that is an option',
      { acme: { email: '--dry-run@a.example' } },
      'nginx.listen.acme.email',
    ],
  ])('%s is refused', (_, change, message) => {
    expect(messagesOf(withListen(change))).toContain(message);
  });

  it('is for hosts with systemd', () => {
    expect(messagesOf({ ...folderInput('/srv/app'), nginx: { listen } })).toContain(
      'nginx.listen.acme needs a timer of systemd',
    );
  });
});
