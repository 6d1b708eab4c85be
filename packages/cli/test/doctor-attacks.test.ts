import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { boundedCheck } from '../src/commands/doctor/bounded-check.ts';
import { checkClock, checkPort } from '../src/commands/doctor/check-machine.ts';
import { checkNginx } from '../src/commands/doctor/check-programs.ts';
import type { Finding } from '../src/commands/doctor/finding.ts';
import { placeWithRegistry, run, runJson, runProcess } from './support/fairlead.ts';
import { affine } from './support/models.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const pepper = 'a pepper of the tests, and long enough';
interface Report {
  readonly findings: readonly Finding[];
}

/** State, text and fix of a finding, in one line. */
const lineOf = (finding: Finding | undefined): string =>
  finding === undefined || finding.state === 'ok'
    ? `${finding?.state}: ${finding?.found}`
    : `${finding.state}: ${finding.found} | ${finding.fix}`;

/** Runs the command, in text and in JSON, and returns the finding of one check. */
async function find(check: string, env: Readonly<Record<string, string>>, folder: string) {
  const { stdout, stderr, exitCode } = await run({ folder, env }, 'doctor', '--json');
  expect(stdout + stderr).not.toMatch(/^\s+at /m);
  const text = await run({ folder, env }, 'doctor');
  expect(text.stdout + text.stderr).not.toMatch(/(?!\n)\p{Cc}|^\s+at /mu);
  const { findings } = JSON.parse(stdout) as Report;
  for (const each of findings) {
    expect(each.found).not.toBe('');
    if (each.state !== 'ok') expect(each.fix).not.toBe('');
  }
  expect(exitCode).toBe(findings.some(({ state }) => state === 'problem') ? 1 : 0);
  return lineOf(findings.find((each) => each.check === check));
}

const pipe = (path: string): void => {
  execFileSync('mkfifo', [path]);
};
const file =
  (text: string) =>
  (path: string): void => {
    writeFileSync(path, text);
  };
const linkTo =
  (target: string) =>
  (path: string): void => {
    symlinkSync(target, path);
  };
const folderAt = (path: string): void => {
  mkdirSync(path);
};
const huge = (path: string): void => {
  writeFileSync(path, '');
  truncateSync(path, 10 * 2 ** 30);
};

test.each<readonly [string, (path: string) => void, string, RegExp]>([
  ['a pipe', pipe, 'is not a file', /\| export FAIRLEAD_KEYS_/],
  ['a folder', folderAt, 'is not a file', /\| export FAIRLEAD_KEYS_FILE=/],
  ['a device', linkTo('/dev/zero'), 'is not a file', /\| export FAIRLEAD_/],
  ['10 GiB', huge, 'which no keys file has', /\| export FAIRLEAD_KEYS_FILE=/],
  [
    'a link to itself',
    (path) => {
      symlinkSync(path, path);
    },
    'ELOOP',
    /\| export FAIRLEAD_KEYS_FILE=/,
  ],
  ['a link without a target', linkTo('nowhere'), 'ENOENT', /\| fairlead key create /],
  ['not JSON', file('{'), 'JSON', /\| correct .*keys.json, or move it away/],
  ['binary', file('\0\u001b[31m'), 'JSON', /\| correct .*keys.json/],
  ['no keys', file('{"keys":[]}'), ': 0 keys', /\| fairlead key create /],
  [
    'a file that others may write',
    (path) => {
      writeFileSync(path, '{"keys":[]}');
      chmodSync(path, 0o666);
    },
    'can be changed by other accounts',
    /\| chmod go-w \S+keys.json$/,
  ],
])('a keys file that is %s has a sentence and the fix', async (_title, make, found, fix) => {
  const folder = temporaryFolder();
  const keysFile = join(folder, 'keys.json');
  make(keysFile);
  const env = { FAIRLEAD_KEYS_FILE: keysFile, FAIRLEAD_PEPPER: pepper };
  const finding = await find('keys and pepper', env, folder);
  expect(finding).toMatch(/^problem: /);
  expect(finding).toContain(found);
  expect(finding).toMatch(fix);
});

test('a short pepper has the command that makes one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'keys.json'), '{"keys":[]}', { mode: 0o600 });
  const env = { FAIRLEAD_KEYS_FILE: join(folder, 'keys.json'), FAIRLEAD_PEPPER: 'short' };
  const finding = await find('keys and pepper', env, folder);
  expect(finding).toContain('| export FAIRLEAD_PEPPER="$(openssl rand -base64 32)"');
});

test.each<readonly [string, (path: string) => void, RegExp]>([
  ['a pipe', pipe, /\| fairlead /],
  ['a file', file(''), /\| fairlead /],
  [
    'a link to itself',
    (path) => {
      symlinkSync(path, path);
    },
    /\| fairlead /,
  ],
  ['a link without a target', linkTo('nowhere'), /\| fairlead registry init/],
])('a registry that is %s has a sentence and the fix', async (_title, make, fix) => {
  const folder = temporaryFolder();
  make(join(folder, 'registry'));
  const finding = await find('registry', { FAIRLEAD_REGISTRY: './registry' }, folder);
  expect(finding).toMatch(/^problem: /);
  expect(finding).toMatch(fix);
});

test('a record of 10 GiB is not read, and a pipe in place of one is not waited for', async () => {
  const { folder, env } = placeWithRegistry();
  await runJson({ folder, env }, 'model', 'push', 'iris', affine, '--skip-validation');
  await runJson({ folder, env }, 'model', 'promote', 'iris', '1');
  const record = join(folder, 'registry/models/iris/aliases/champion/00000001.json');
  huge(record);
  expect(await find('registry', env, folder)).toMatch(
    /^problem: .*more than the limit of 65536.* \| fairlead model verify --registry .\/registry$/,
  );
  rmSync(record);
  execFileSync('mkfifo', [record]);
  expect(await find('registry', env, folder)).toBe(
    'ok: ./registry: 1 model, 0 with the alias champion',
  );
});

test.each([
  ['a;rm -rf $HOME', "fairlead registry init --registry 'a;rm -rf $HOME'"],
  ['\u001b]0;title\u0007x', "fairlead registry init --registry ']0;titlex'"],
  ['x'.repeat(100_000), 'check the path and its disk, then: fairlead doctor --registry '],
  ['http://ada:secret@host/x', 'fairlead doctor --registry ./registry, or s3://bucket/prefix'],
])('hostile registry %# is quoted, cut and masked', async (location, fix) => {
  const finding = await find('registry', { FAIRLEAD_REGISTRY: location }, temporaryFolder());
  expect(finding).toContain(`| ${fix}`);
  expect(finding.length).toBeLessThan(2000);
  expect(finding).not.toContain('secret');
});

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const awsEnv = (endpoint: string) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
});

test('S3 that accepts connections and never responds is a problem, and the process ends', async () => {
  const sockets = new Set<{ destroy(): unknown }>();
  const silent = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  const env = awsEnv(await listen(silent));
  const place = { folder: temporaryFolder(), env };
  const { exitCode, stdout } = await runProcess(
    place,
    ...['doctor', '--registry', 's3://models/prod', '--json'],
  );
  const { findings } = JSON.parse(stdout) as Report;
  expect(exitCode).toBe(1);
  expect(findings.find(({ check }) => check === 'registry')).toMatchObject({
    state: 'problem',
    fix: 'check the network, AWS_REGION and AWS_ENDPOINT_URL, then: fairlead doctor --registry s3://models/prod',
  });
});

test.each([
  [403, 'AccessDenied', /\| check the credentials/],
  [403, 'RequestTimeTooSkewed', /\| sudo timedatectl set-ntp true$/],
  [500, 'InternalError', /\| check the network/],
  [200, 'html', /./],
])('S3 that responds %i %s is a problem with its fix', async (status, code, fix) => {
  const server = createHttpServer((_request, response) => {
    const body = code === 'html' ? '<html>' : `<Error><Code>${code}</Code></Error>`;
    response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
  });
  const env = awsEnv(await listen(server));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const folder = temporaryFolder();
  const args = ['doctor', '--registry', 's3://models/prod', '--json'];
  const { stdout, stderr } = await run({ folder, env }, ...args);
  const { findings } = JSON.parse(stdout) as Report;
  expect(stdout + stderr).not.toMatch(/^\s+at /m);
  const finding = lineOf(findings.find(({ check }) => check === 'registry'));
  expect(finding).toMatch(/^problem: /);
  expect(finding).toMatch(fix);
});

/** A folder with a program `nginx` that is this text. */
function fakeNginx(text: string, mode = 0o755): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'nginx'), text);
  chmodSync(join(folder, 'nginx'), mode);
  return folder;
}

test.each([
  ['never ends', '#!/bin/sh\nexec /bin/sleep 100', 'timeout'],
  [
    'leaves a process that holds its output',
    '#!/bin/sh\n/bin/sleep 20 &\nexec /bin/sleep 20',
    'timeout',
  ],
  ['prints without an end', '#!/bin/sh\nexec /bin/cat /dev/zero', 'timeout'],
  ['fails', '#!/bin/sh\nexit 3', 'exit code 3'],
  ['prints something else', '#!/bin/sh\necho hello', 'it ended'],
  ['ends by a signal', '#!/bin/sh\nkill -SEGV $$', 'SIGSEGV'],
])('a program nginx that %s is a warning', async (_title, text, found) => {
  const finding = await checkNginx(fakeNginx(text), 500);
  expect(lineOf(finding)).toMatch(/^warning: /);
  expect(lineOf(finding)).toContain(found);
});

test('an old Nginx is a warning that names the version that is required', async () => {
  const old = '#!/bin/sh\necho "nginx version: nginx/1.18.0" >&2';
  expect(await checkNginx(fakeNginx(old))).toMatchObject({
    state: 'warning',
    found: 'version 1.18.0; a deployment requires 1.19.4 or newer',
  });
});

test('a program of the working folder is not run for an empty or relative PATH', async () => {
  const folder = fakeNginx('#!/bin/sh\necho "nginx/99.0.0"');
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => {
    process.chdir(before);
  });
  for (const path of ['', '.', ':', undefined]) {
    expect((await checkNginx(path)).found).not.toContain('99.0.0');
  }
  expect((await checkNginx(folder)).found).toContain('99.0.0');
});

test('a port that another process listens on is a warning', async () => {
  const server = createServer();
  const origin = new URL(await listen(server));
  expect(await checkPort(Number(origin.port), 'HTTP', 'the fix')).toMatchObject({
    state: 'warning',
    found: 'another process listens on it',
    fix: 'the fix',
  });
});

test.each([Number.NaN, 0, Date.UTC(2100, 0, 1), 8.64e15])(
  'a clock of %d is a problem with its fix',
  async (time) => {
    expect(await checkClock(new Date(time))).toMatchObject({
      state: 'problem',
      fix: 'sudo timedatectl set-ntp true',
    });
  },
);

test('a check that takes too long or fails is a problem, and the report is complete', async () => {
  const never = () => new Promise<Finding>(() => undefined);
  expect(await boundedCheck('registry', never, 20)).toMatchObject({
    state: 'problem',
    found: 'no result within 0.02 s',
  });
  const failing = () => Promise.reject(new Error('first line\nsecond line'));
  expect(await boundedCheck('registry', failing)).toMatchObject({
    state: 'problem',
    found: 'the check failed: first line',
  });
});
