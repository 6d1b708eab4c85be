import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import {
  defineDeployment,
  DeploymentError,
  hostState,
  systemdUnits,
  type DeploymentInput,
} from '../../src/index.ts';
import { folderInput, hostInput } from '../support/sample-deployment.ts';

const environment = {
  FAIRLEAD_REGISTRY: '/var/lib/fairlead/registry',
  FAIRLEAD_REGISTRY_CACHE: '/var/lib/fairlead/cache',
  FAIRLEAD_JOBS_FOLDER: '/var/lib/fairlead/jobs',
  FAIRLEAD_STATE_FOLDER: '/var/lib/fairlead/records',
  FAIRLEAD_CAPTURE_LOCATION: 's3://shop/captures',
  FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json',
  FAIRLEAD_TRUSTED_KEYS: '/etc/fairlead/signers.pem',
};
const everything: DeploymentInput = {
  ...hostInput,
  gateway: {
    ...hostInput.gateway,
    service: { ...hostInput.gateway.service, writableFolders: ['/srv/captured'] },
    environment,
  },
  flask: { ...hostInput.flask, environment: { FAIRLEAD_MODEL_FOLDER: '/var/lib/flask-models' } },
  secrets: [
    { name: 'a', from: { file: '/root/a' }, path: '/etc/fairlead/a' },
    { name: 'b', from: { ssmParameter: '/b' }, path: '/etc/fairlead/b' },
  ],
  backup: { to: 's3://a-bucket/shop', region: 'eu-west-1', secretsFile: '/etc/fairlead/backup' },
};

function messagesOf(input: DeploymentInput): string {
  try {
    defineDeployment(input);
  } catch (error) {
    if (error instanceof DeploymentError) {
      return error.problems
        .map(({ message, settings }) => `${settings.join()}: ${message}`)
        .join('\n');
    }
    throw error;
  }
  return '';
}

describe('state of a host', () => {
  it('is listed in one place, with what a backup has of it', () => {
    const lines = hostState(defineDeployment(everything)).map(
      ({ kind, path, backup = '-' }) => `${kind} ${path} ${backup}`,
    );
    expect(lines).toEqual([
      'registry /var/lib/fairlead/registry registry',
      'registry cache /var/lib/fairlead/cache -',
      'jobs /var/lib/fairlead/jobs -',
      'records /var/lib/fairlead/records -',
      'captured requests s3://shop/captures -',
      'models /var/lib/flask-models -',
      'secrets /root/a file',
      'secrets /etc/fairlead/a -',
      'secrets /etc/fairlead/b -',
      'API keys /etc/fairlead/keys.json file',
      'trusted keys /etc/fairlead/signers.pem file',
      'secrets /etc/fairlead/gateway.secrets file',
      'folders of services /srv/captured -',
      'secrets /etc/fairlead/backup -',
      'certificates /etc/fairlead/tls/certificate.pem file',
      'certificates /etc/fairlead/tls/key.pem file',
      'activations /var/lib/fairlead-deploy -',
    ]);
  });

  it('in a bucket or a queue needs no backup of the host', () => {
    const gateway = {
      ...hostInput.gateway,
      environment: {
        FAIRLEAD_REGISTRY: 's3://models/shop',
        FAIRLEAD_JOBS_QUEUE_URL: 'https://sqs',
      },
    };
    const state = hostState(defineDeployment({ ...hostInput, gateway }));
    expect(state.slice(0, 2)).toEqual([
      { kind: 'registry', path: 's3://models/shop', backup: undefined },
      { kind: 'jobs', path: 'https://sqs', backup: undefined },
    ]);
  });

  it('is in the table of the documentation', () => {
    const page = readFileSync(new URL('../../../../docs/deployment.md', import.meta.url), 'utf8');
    const section = page.split(/^## /m).find((each) => each.startsWith('State and backup\n')) ?? '';
    const kinds = section.split('\n').flatMap((line) => /^\| ([\w ]+?) +\|/.exec(line)?.[1] ?? []);
    const listed = new Set(hostState(defineDeployment(everything)).map(({ kind }) => kind));
    expect(new Set(kinds.slice(1))).toEqual(listed);
  });

  it.each<[string, Partial<DeploymentInput>]>([
    [
      'gateway.environment.FAIRLEAD_REGISTRY',
      {
        gateway: {
          ...hostInput.gateway,
          environment: { FAIRLEAD_REGISTRY: '/opt/fairlead/current/registry' },
        },
      },
    ],
    [
      'gateway.service.writableFolders',
      {
        gateway: {
          ...hostInput.gateway,
          service: { user: 'fairlead', writableFolders: ['/opt/fairlead/x'] },
        },
      },
    ],
  ])('%s is never inside of a release', (setting, change) => {
    const message = messagesOf({ ...hostInput, ...change });
    expect(message).toContain(`${setting}: The `);
    expect(message).toContain('but /opt/fairlead has releases, which a deployment replaces');
  });

  it('a backup is on another disk, and for hosts with systemd', () => {
    const inside = { ...everything, backup: { to: '/var/lib/fairlead/registry/backup' } };
    expect(messagesOf(inside)).toContain('inside of /var/lib/fairlead/registry, which it backs up');
    const message = messagesOf({ ...folderInput('/srv/app'), backup: { to: '/mnt/backup' } });
    expect(message).toContain('backup is a timer of systemd');
    expect(messagesOf({ ...hostInput, backup: { to: 'backup' } })).toContain(
      'is not an absolute path or a place in a bucket',
    );
    expect(messagesOf({ ...hostInput, backup: { to: '/mnt', schedule: '$(id)' } })).toContain(
      'backup.schedule',
    );
  });

  it('the unit of a backup in a folder has no network, and one in S3 no folder to write to', () => {
    const unitOf = (to: string) =>
      systemdUnits(defineDeployment({ ...everything, backup: { to } }))['fairlead-backup.service']
        ?.Service;
    expect(unitOf('/mnt/backup')).toMatchObject({
      ReadWritePaths: ['/mnt/backup'],
      PrivateNetwork: true,
    });
    expect(unitOf('s3://a-bucket')).not.toHaveProperty('ReadWritePaths');
    const timer = systemdUnits(defineDeployment(everything))['fairlead-backup.timer']?.Timer;
    expect(timer).toMatchObject({ OnCalendar: '*-*-* 03:00:00', Persistent: true });
  });
});
