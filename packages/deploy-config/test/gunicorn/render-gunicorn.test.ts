import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { temporaryFolder } from '@fairlead/test-support';
import {
  defineDeployment,
  flaskEnvironment,
  gunicornCommand,
  renderGunicorn,
  requiredFolders,
  type Deployment,
} from '../../src/index.ts';
import { startProgram, untilListening } from '../support/child-program.ts';
import { send } from '../support/http-answer.ts';
import { program } from '../support/program.ts';
import { folderInput } from '../support/sample-deployment.ts';
import { writeFiles } from '../support/write-files.ts';

const application = `
import json, os

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    names = ("OMP_NUM_THREADS", "FAIRLEAD_MAX_BODY_BYTES")
    seen = {name: os.environ.get(name) for name in names}
    seen["scheme"] = environ["wsgi.url_scheme"]
    return [json.dumps(seen).encode()]
`;

/** A folder with a small WSGI application and Gunicorn's rendered file; `name` is part of its path. */
function writeSample(name = 'app'): Deployment {
  const folder = join(temporaryFolder(), name);
  mkdirSync(folder);
  const input = folderInput(folder);
  const deployment = defineDeployment({
    ...input,
    flask: { ...input.flask, gunicorn: program('gunicorn') },
  });
  for (const required of requiredFolders(deployment)) mkdirSync(required, { recursive: true });
  writeFileSync(join(folder, 'sample_app.py'), application);
  const file = renderGunicorn(deployment);
  if (!file) throw new Error('the sample has a Python service');
  writeFiles([file]);
  return deployment;
}

function command(deployment: Deployment): readonly [string, ...string[]] {
  const found = gunicornCommand(deployment);
  if (!found) throw new Error('the sample has a Python service');
  return found;
}

const answer = '{"OMP_NUM_THREADS": "1", "FAIRLEAD_MAX_BODY_BYTES": "16777216", "scheme": "http"}';

describe('a rendered Gunicorn', () => {
  it.each(['app', 'größe "1" {%}; #'])('passes the check of Gunicorn in %s', (name) => {
    const [file, ...args] = command(writeSample(name));
    const checked = spawnSync(file, [...args, '--check-config'], { encoding: 'utf8' });
    expect(checked).toMatchObject({ status: 0, stderr: '' });
  });

  it('serves on its Unix socket, and closes each connection', async () => {
    const deployment = writeSample();
    const env = { ...process.env, ...flaskEnvironment(deployment) };
    const gunicorn = startProgram(command(deployment), { env });
    const socketPath = join(deployment.layout.socketFolder, 'flask.sock');
    await untilListening(gunicorn, { path: socketPath });
    const got = await send({ socketPath, headers: { Connection: 'keep-alive' } });
    expect(got).toMatchObject({ status: 200, headers: { connection: 'close' } });
    expect(got.body.toString()).toBe(answer);
    const underscore = await send({ socketPath, headers: { X_Forwarded_For: '6.6.6.6' } });
    expect(underscore.status).toBe(400);
    expect(await gunicorn.stop('SIGTERM')).toBe(0);
    expect(existsSync(socketPath)).toBe(false);
  });

  it('uses the socket of systemd', async () => {
    const deployment = writeSample();
    const socketPath = join(deployment.layout.socketFolder, 'held-by-systemd.sock');
    const settings = Object.entries(flaskEnvironment(deployment)).map(
      ([name, value]) => `--setenv=${name}=${value}`,
    );
    const activated = startProgram([
      program('systemd-socket-activate'),
      `--listen=${socketPath}`,
      ...settings,
      ...command(deployment),
    ]);
    await untilListening(activated, { path: socketPath });
    expect((await send({ socketPath })).body.toString()).toBe(answer);
    expect(await activated.stop('SIGTERM')).toBe(0);
    // It does not belong to Gunicorn, so it outlives a restart.
    expect(existsSync(socketPath)).toBe(true);
    expect(existsSync(join(deployment.layout.socketFolder, 'flask.sock'))).toBe(false);
  });
});
