import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import { defineDeployment, renderSystemd } from '../../src/index.ts';
import { program } from '../support/program.ts';
import { folderInput, hostInput } from '../support/sample-deployment.ts';
import { verifyUnits } from '../support/verify-units.ts';
import { writeFiles } from '../support/write-files.ts';

const programs = [hostInput.gateway.command[0], hostInput.flask.gunicorn, '/usr/sbin/nginx'];

/** As Debian ships it, where it matters for the drop-in. */
const distributionNginx = `[Unit]
Description=A high performance web server and a reverse proxy server

[Service]
Type=forking
PIDFile=/run/nginx.pid
ExecStart=/usr/sbin/nginx -g 'daemon on; master_process on;'
ExecStop=-/usr/sbin/nginx -s stop
TimeoutStopSec=5
KillMode=mixed
`;

const deployment = defineDeployment(hostInput);
const files = renderSystemd(deployment);

describe('rendered units', () => {
  it.each(files.map(({ path }) => path).filter((path) => !path.endsWith('.conf')))(
    'systemd has nothing to say about %s',
    (verify) => {
      const found = verifyUnits({ files, programs, verify });
      expect(found).toEqual({ status: 0, stdout: '', stderr: '' });
    },
  );

  it('limits the memory of all processes together, and reloads them one by one', () => {
    const { gateway, host } = hostInput;
    const several = renderSystemd(
      defineDeployment({
        ...hostInput,
        host: { ...host, memoryBytes: 16e9 },
        gateway: { ...gateway, processes: 4, memoryBytes: 1e9 },
      }),
    );
    const verify = '/etc/systemd/system/fairlead-gateway.service';
    const unit = { files: several, programs: [...programs, '/bin/sh'], verify };
    expect(verifyUnits(unit)).toEqual({ status: 0, stdout: '', stderr: '' });
    const { stdout } = verifyUnits({ ...unit, dump: true });
    // 4 GB, and 128 MiB for the process that starts them.
    expect(stdout).toMatch(/MemoryMax: 4134217728\n/);
    expect(stdout).toMatch(/OOMPolicy: continue\n/);
    expect(stdout).toContain('FAIRLEAD_PROCESSES=4');
    expect(stdout).toMatch(/ExecReload[^]*kill -HUP .*MAINPID/);
  });

  it('gives Nginx the stop timeout of the deployment', () => {
    const { status, stdout } = verifyUnits({
      files,
      programs,
      units: { 'nginx.service': distributionNginx },
      verify: '/usr/lib/systemd/system/nginx.service',
      dump: true,
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/TimeoutStopSec: 45s\n/);
    expect(stdout).toMatch(/KillSignal: SIGQUIT\n/);
    expect(stdout).not.toContain('-s stop');
  });

  it('the check fails for a misspelled directive', () => {
    const broken = files.map((file) => ({
      ...file,
      content: file.content.replace('NoNewPrivileges', 'NoNewPriviledges'),
    }));
    const verify = '/etc/systemd/system/fairlead-gateway.service';
    expect(verifyUnits({ files: broken, programs, verify }).stderr).toMatch(/NoNewPriviledges/);
  });

  it.each([
    ['fairlead-gateway.service', 15],
    ['fairlead-flask.service', 10],
  ])('%s is exposed at most %i tenths, as systemd rates it', (unit, threshold) => {
    const root = temporaryFolder();
    writeFiles(files, root);
    const { status, stdout } = spawnSync(
      program('systemd-analyze'),
      [
        ...['security', '--offline=true', '--no-pager', `--threshold=${threshold}`],
        join(root, 'etc/systemd/system', unit),
      ],
      { encoding: 'utf8' },
    );
    expect(status, stdout).toBe(0);
  });

  it.each(['gateway', 'flask'])(
    'the %s starts in an empty folder that it cannot write to',
    (program) => {
      const { content = '' } = files.find(({ path }) => path.endsWith(`-${program}.service`)) ?? {};
      expect(content).toContain(`\nRuntimeDirectory=fairlead-${program}\n`);
      expect(content).toContain('\nRuntimeDirectoryMode=0500\n');
      expect(content).toContain(`\nWorkingDirectory=/run/fairlead-${program}\n`);
    },
  );

  it('belong to root and exist under systemd only', () => {
    expect(files.map(({ owner, mode }) => [owner, mode])).toEqual(
      files.map(() => ['root:root', 0o644]),
    );
    expect(renderSystemd(defineDeployment(folderInput('/srv/app')))).toEqual([]);
  });
});
