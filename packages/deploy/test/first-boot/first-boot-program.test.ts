import { spawn, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { temporaryFolder } from '@fairlead/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';

import { firstBootProgram } from '../../src/first-boot/first-boot-program.ts';
import { tinyRelease } from '../support/tiny-release.ts';

const functions = firstBootProgram.replace(/\nmain\(\)\n$/, '\n');

/** Calls a function of the first boot's program; returns the end of its error. */
function callProgram(call: string, args: readonly string[]): string {
  const { status, stderr } = spawnSync('python3', ['-c', `${functions}\n${call}\n`, ...args], {
    encoding: 'utf8',
  });
  return status === 0 ? '' : (stderr.trim().split('\n').at(-1) ?? '');
}

function checkSignature(archive: string, keys: readonly string[]): string {
  const path = join(temporaryFolder(), 'keys.pem');
  writeFileSync(path, keys.join(''));
  return callProgram('check_signature(sys.argv[1], sys.argv[2])', [archive, path]);
}

describe('the first boot of a host with trusted keys', () => {
  const [trusted, other] = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
  const pem = ({ publicKey }: typeof trusted): string =>
    String(publicKey.export({ type: 'spki', format: 'pem' }));
  const signedBy = ({ privateKey }: typeof trusted) =>
    tinyRelease({ sign: (serialized) => sign(null, serialized, privateKey) });

  it('takes a release that one of them has signed', async () => {
    const { path } = await signedBy(trusted);
    expect(checkSignature(path, [pem(trusted)])).toBe('');
    expect(checkSignature(path, [pem(other), pem(trusted)])).toBe('');
  });

  it.each([
    ['of another key', () => signedBy(other)],
    ['that has no signature', () => tinyRelease()],
    [
      'whose manifest was changed after it was signed',
      () =>
        tinyRelease({
          sign: (serialized) => sign(null, serialized, trusted.privateKey),
          changeEntries: (entries) =>
            entries.map((entry) =>
              entry.name === 'manifest.json'
                ? { ...entry, content: String(entry.content).replace('tiny', 'evil') }
                : entry,
            ),
        }),
    ],
  ])('refuses a release %s, before anything of it runs', async (_, build) => {
    const { path } = await build();
    expect(checkSignature(path, [pem(trusted)])).toContain(
      'none of the trusted keys has signed the release',
    );
  });
});

describe('the package of an agent', () => {
  it('has to be the one of its SHA-256, if that is given', () => {
    const path = join(temporaryFolder(), 'agent.deb');
    writeFileSync(path, 'package');
    const check = (agent: object): string =>
      callProgram('check_package(json.loads(sys.argv[1]), sys.argv[2])', [
        JSON.stringify({ name: 'amazon-ssm-agent', ...agent }),
        path,
      ]);
    const sha256 = createHash('sha256').update('package').digest('hex');
    expect([check({}), check({ sha256 })]).toEqual(['', '']);
    expect(check({ sha256: 'a'.repeat(64) })).toContain(
      `the package of amazon-ssm-agent has the SHA-256 ${sha256}`,
    );
  });
});

describe('a redirect of a download', () => {
  const listen = async (answer: RequestListener): Promise<string> => {
    const server = createServer(answer);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => {
      server.close();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const fetchWithSecret = async (url: string): Promise<string> => {
    const call = `headers = {"authorization": "signature", "x-amz-security-token": "token"}
print(fetch(urllib.request.Request(sys.argv[1], headers=headers), 1).read().decode())`;
    const child = spawn('python3', ['-c', `${functions}\n${call}\n`, url], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return text(child.stdout);
  };

  it('to another host has neither the signature nor the token', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const other = await listen((request, response) => {
      seen.push(request.headers);
      response.end('archive');
    });
    const source = await listen((request, response) => {
      const isMoved = request.url === '/moved';
      if (isMoved) seen.push(request.headers);
      const location = isMoved ? `http://${other}/archive` : '/moved';
      response.writeHead(302, { location }).end();
    });
    expect(await fetchWithSecret(`http://${source}/archive`)).toContain('archive');
    const secrets = { authorization: 'signature', 'x-amz-security-token': 'token' };
    expect(seen).toMatchObject([secrets, { host: other }]);
    expect(Object.keys(seen[1] ?? {})).not.toContain('authorization');
    expect(Object.keys(seen[1] ?? {})).not.toContain('x-amz-security-token');
  });

  it.each([
    ['http://a.example/agent.deb', 'a.example redirects from https to http, which is refused'],
    ['ftp://a.example/agent.deb', 'a.example redirects from https to ftp, which is refused'],
    ['https://b.example/agent.deb', ''],
  ])('from https to %s: %j', (url, message) => {
    const call = `request = urllib.request.Request("https://a.example/agent.deb")
Redirects().redirect_request(request, None, 302, "", {}, sys.argv[1])`;
    expect(callProgram(call, [url])).toBe(message && `RuntimeError: ${message}`);
  });
});
