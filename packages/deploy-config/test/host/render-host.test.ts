import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import { defineDeployment, renderHost, type DeploymentInput } from '../../src/index.ts';
import { program } from '../support/program.ts';
import { folderInput, hostInput } from '../support/sample-deployment.ts';
import { writeFiles } from '../support/write-files.ts';

const isRoot = process.getuid?.() === 0;

function run(name: Parameters<typeof program>[0], args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(program(name), args, { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  // It ignores lines that it can't read, with a message only.
  expect(stderr).not.toMatch(/:\d+: |ignor|invalid|unknown/i);
  return stdout;
}

/** The rendered files of a host below a temporary root folder. */
function hostRoot(change: Partial<DeploymentInput> = {}) {
  const root = temporaryFolder();
  const files = renderHost(defineDeployment({ ...hostInput, ...change }));
  writeFiles(files, root);
  return { root, files };
}

function contentOf(change: Partial<DeploymentInput>, path: string): string | undefined {
  return renderHost(defineDeployment({ ...hostInput, ...change })).find(
    (file) => file.path === path,
  )?.content;
}

describe('rendered accounts and folders', () => {
  it.runIf(isRoot)('systemd-sysusers creates the accounts, without a shell', () => {
    const { root } = hostRoot({
      flask: { ...hostInput.flask, service: { user: 'fairlead-flask', group: 'models' } },
    });
    run('systemd-sysusers', [`--root=${root}`]);
    const accounts = readFileSync(join(root, 'etc/passwd'), 'utf8').trim().split('\n');
    expect(accounts.map((line) => line.split(':')).map(([user, , , , , , shell]) => [user, shell]))
      // Every account is one of the deployment.
      .toEqual([
        ['fairlead', '/usr/sbin/nologin'],
        ['fairlead-flask', '/usr/sbin/nologin'],
      ]);
    expect(readFileSync(join(root, 'etc/group'), 'utf8')).toMatch(/^models:/m);
    // A second run changes nothing.
    run('systemd-sysusers', [`--root=${root}`]);
    expect(readFileSync(join(root, 'etc/passwd'), 'utf8').trim().split('\n')).toEqual(accounts);
  });

  it('an account of both services has one line', () => {
    const lines = (change: Partial<DeploymentInput>) =>
      contentOf(change, '/etc/sysusers.d/fairlead.conf')?.split('\n').slice(1, -1);
    expect(lines({ flask: { ...hostInput.flask, service: { user: 'fairlead' } } })).toEqual([
      'u fairlead - "Gateway of fairlead" / /usr/sbin/nologin',
    ]);
  });

  it.runIf(isRoot)('systemd-tmpfiles creates writable folders and protects secrets', () => {
    const folder = '/srv/a "quoted" %H \\ folder';
    const { root } = hostRoot({
      gateway: {
        ...hostInput.gateway,
        service: { ...hostInput.gateway.service, writableFolders: [folder] },
        environment: { FAIRLEAD_KEYS_FILE: '/etc/fairlead/keys.json' },
      },
    });
    run('systemd-sysusers', [`--root=${root}`]);
    const secrets = ['gateway.secrets', 'keys.json', 'tls/key.pem'];
    for (const name of secrets) {
      const path = join(root, 'etc/fairlead', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'secret');
      chmodSync(path, 0o644);
    }
    run('systemd-tmpfiles', ['--create', `--root=${root}`]);

    const mode = (path: string) => (statSync(join(root, path)).mode & 0o777).toString(8);
    expect(mode(folder)).toBe('700');
    expect(secrets.map((name) => mode(`etc/fairlead/${name}`))).toEqual(['600', '640', '600']);
    const [, , uid = '', gid = ''] =
      /^fairlead:(.*?):(\d+):(\d+):/m.exec(readFileSync(join(root, 'etc/passwd'), 'utf8')) ?? [];
    const owner = statSync(join(root, folder));
    expect([owner.uid, owner.gid]).toEqual([Number(uid), Number(gid)]);
    const keys = statSync(join(root, 'etc/fairlead/keys.json'));
    expect([keys.uid, keys.gid]).toEqual([0, Number(gid)]);
  });

  it.runIf(isRoot)('systemd-tmpfiles lets Flask read its models, and only root change them', () => {
    const models = '/var/lib/fairlead-flask/models';
    const { root } = hostRoot({
      flask: { ...hostInput.flask, environment: { FAIRLEAD_MODEL_FOLDER: models } },
    });
    run('systemd-sysusers', [`--root=${root}`]);
    // As copied by root: for root alone.
    mkdirSync(join(root, models, 'digits'), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, models, 'digits/model.joblib'), 'model', { mode: 0o600 });
    run('systemd-tmpfiles', ['--create', `--root=${root}`]);
    const [, , gid = ''] =
      /^fairlead-flask:(.*?):(\d+):/m.exec(readFileSync(join(root, 'etc/group'), 'utf8')) ?? [];
    const found = ['', 'digits', 'digits/model.joblib'].map((name) => {
      const stats = statSync(join(root, models, name));
      return [(stats.mode & 0o777).toString(8), stats.uid, stats.gid];
    });
    expect(found).toEqual([
      ['750', 0, Number(gid)],
      ['750', 0, Number(gid)],
      ['640', 0, Number(gid)],
    ]);
  });

  it('has no account that Debian has', () => {
    const service = { user: 'www-data' };
    const { files } = hostRoot({
      gateway: { ...hostInput.gateway, service },
      flask: { ...hostInput.flask, service },
    });
    expect(files.map(({ path }) => path)).not.toContain('/etc/sysusers.d/fairlead.conf');
  });
});

describe('rendered settings of the operating system', () => {
  it('apt reads the settings of updates', () => {
    const { root } = hostRoot();
    const file = join(root, 'etc/apt/apt.conf.d/60fairlead');
    const settings = run('apt-config', ['--config-file', file, 'dump']);
    expect(settings).toContain('APT::Periodic::Unattended-Upgrade "1";');
    expect(settings).toContain('Unattended-Upgrade::Automatic-Reboot "false";');
    expect(
      contentOf(
        { host: { ...hostInput.host, automaticUpdates: false } },
        '/etc/apt/apt.conf.d/60fairlead',
      ),
    ).toBeUndefined();
  });

  it('has limits of the journal and time servers, as set', () => {
    const host = {
      ...hostInput.host,
      journalMaxBytes: 50_000_000,
      timeServers: ['time.example.com'],
    };
    expect(contentOf({ host }, '/etc/systemd/journald.conf.d/fairlead.conf')).toContain(
      '\nSystemMaxUse=50000000\n',
    );
    const path = '/etc/systemd/timesyncd.conf.d/fairlead.conf';
    expect(contentOf({ host }, path)).toContain('\nNTP=time.example.com\n');
    expect(contentOf({}, path)).toContain('\nNTP=169.254.169.123 fd00:ec2::123\n');
    expect(contentOf({ host: { ...host, timeServers: [] } }, path)).toBeUndefined();
  });

  it('rotates logs that no configuration of Debian covers', () => {
    const path = '/etc/logrotate.d/fairlead';
    expect(contentOf({}, path)).toBeUndefined();
    const layout = { ...hostInput.layout, nginxAccessLog: "/var/log/it's/access.log" };
    const rotation = contentOf({ layout }, path);
    expect(rotation).toContain(`"/var/log/it's/access.log" {`);
    expect(rotation).not.toContain('error.log');
  });

  it('sends metrics of the host and all logs to CloudWatch, if the deployment has it', () => {
    const path = '/opt/aws/amazon-cloudwatch-agent/etc/amazon-cloudwatch-agent.d/fairlead.json';
    expect(contentOf({}, path)).toBeUndefined();
    const agent = JSON.parse(contentOf({ cloudWatch: { retentionDays: 7 } }, path) ?? '') as {
      metrics: { namespace: string };
      logs: { logs_collected: Record<'journald' | 'files', { collect_list: unknown[] }> };
    };
    expect(agent.metrics.namespace).toBe('Fairlead/Host');
    const { journald, files } = agent.logs.logs_collected;
    const shared = { log_stream_name: '{instance_id}', retention_in_days: 7 };
    expect(journald.collect_list).toEqual([
      { units: ['fairlead-gateway.service'], log_group_name: '/fairlead/gateway', ...shared },
      { units: ['fairlead-flask.service'], log_group_name: '/fairlead/flask', ...shared },
      {
        units: ['fairlead-certificate.service'],
        log_group_name: '/fairlead/certificate',
        ...shared,
      },
    ]);
    expect(files.collect_list).toEqual([
      {
        file_path: '/var/log/nginx/error.log',
        timezone: 'UTC',
        log_group_name: '/fairlead/nginx-error',
        ...shared,
      },
      {
        file_path: '/var/log/nginx/access.log',
        timezone: 'UTC',
        log_group_name: '/fairlead/nginx-access',
        ...shared,
      },
    ]);
  });

  it('is for hosts with systemd only', () => {
    expect(renderHost(defineDeployment(folderInput('/srv/app')))).toEqual([]);
  });
});
