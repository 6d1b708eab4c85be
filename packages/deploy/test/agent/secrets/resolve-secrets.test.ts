import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import {
  awsTestConnection,
  startMoto,
  temporaryFolder,
  type MotoServer,
} from '@fairlead/test-support';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { SecretReference } from '../../../src/index.ts';
import { resolveSecrets } from '../../../src/agent/secrets/resolve-secrets.ts';

const { region, credentials } = awsTestConnection;
let moto: MotoServer;

beforeAll(async () => {
  moto = await startMoto();
  const connection = { endpoint: moto.endpoint, region, credentials };
  const ssm = new SSMClient(connection);
  const parameter = (Name: string, Value: string) =>
    ssm.send(new PutParameterCommand({ Name, Value, Type: 'SecureString' }));
  await parameter('/shop/pepper', 'first');
  await parameter('/shop/odd', 'a"b\\c`d$e\'f\ng # h');
  await parameter('/shop/control', 'a\rb');
  const secrets = new SecretsManagerClient(connection);
  const secret = (Name: string, SecretString: string) =>
    secrets.send(new CreateSecretCommand({ Name, SecretString }));
  await secret('shop/json', '{"webhook":"whsec_1","number":5,"__proto__":"x"}');
  await secret('shop/text', 'SENTINEL is no JSON');
  await secrets.send(
    new CreateSecretCommand({ Name: 'shop/binary', SecretBinary: Buffer.from([0, 255, 10]) }),
  );
});

afterAll(() => moto.stop());
afterEach(() => {
  vi.unstubAllEnvs();
});

function useMoto(): void {
  vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
  vi.stubEnv('AWS_REGION', region);
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
}

function reference(
  from: SecretReference['from'],
  change: Partial<SecretReference> = {},
): SecretReference {
  return {
    ...{ name: 'pepper', from, path: '/etc/shop/secrets', mode: '0600', owner: 'root:root' },
    ...change,
  };
}

/** Starts a server until the end of the test, and resolves to its URL. */
async function startServer(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Content of the only file, or the reason why there is none. */
async function resolved(...secrets: readonly SecretReference[]): Promise<string> {
  const [file] = await resolveSecrets(secrets);
  if (file === undefined) throw new Error('no file');
  return 'problem' in file ? file.problem : file.content.toString('latin1');
}

describe('secrets of AWS', () => {
  it('a parameter of SSM is decrypted, and a version of it can be named', async () => {
    useMoto();
    expect(await resolved(reference({ ssmParameter: '/shop/pepper' }))).toBe('first');
    expect(await resolved(reference({ ssmParameter: '/shop/pepper:1' }))).toBe('first');
  });

  it('Secrets Manager gives text, bytes, or a member of a JSON object', async () => {
    useMoto();
    const binary = await resolved(reference({ secretsManager: 'shop/binary' }));
    expect(binary).toBe('\0\u00FF\n');
    const member = reference({ secretsManager: 'shop/json', key: 'webhook', region });
    expect(await resolved(member)).toBe('whsec_1');
  });

  it('secrets with variables are lines of one file', async () => {
    useMoto();
    expect(
      await resolved(
        reference({ ssmParameter: '/shop/pepper' }, { variable: 'FAIRLEAD_PEPPER' }),
        reference({ ssmParameter: '/shop/odd' }, { name: 'odd', variable: 'ODD' }),
      ),
    ).toBe(`FAIRLEAD_PEPPER="first"\nODD="a\\"b\\\\c\\\`d\\$e'f\ng # h"\n`);
  });

  it.each<[string, SecretReference, RegExp]>([
    [
      'a parameter that does not exist',
      reference({ ssmParameter: '/shop/peper' }),
      /^The secret pepper can't be read from the SSM parameter \/shop\/peper: ParameterNotFound: it doesn't exist\. Create it, or correct its name\.$/,
    ],
    [
      'a secret that does not exist',
      reference({ secretsManager: 'shop/none' }),
      /secret shop\/none of Secrets Manager: ResourceNotFoundException: it doesn't exist/,
    ],
    [
      'a member that does not exist',
      reference({ secretsManager: 'shop/json', key: 'toString' }),
      /the member "toString" of .*: its value has no such member\.$/,
    ],
    [
      'a member that is a number',
      reference({ secretsManager: 'shop/json', key: 'number' }),
      /: the member is not a text\.$/,
    ],
    [
      'a member of a value that is not JSON',
      reference({ secretsManager: 'shop/text', key: 'a' }),
      /: its value is not JSON\.$/,
    ],
    [
      'bytes that can not be a variable',
      reference({ secretsManager: 'shop/binary' }, { variable: 'A' }),
      /: it is not UTF-8/,
    ],
    [
      'a control character in a variable',
      reference({ ssmParameter: '/shop/control' }, { variable: 'A' }),
      /: it has a control character/,
    ],
  ])('%s is named with its source, and no value is shown', async (_, secret, message) => {
    useMoto();
    const problem = await resolved(secret);
    expect(problem).toMatch(message);
    expect(problem).not.toMatch(/SENTINEL|whsec|a\rb/);
  });

  it('the error of a role without permission names the action that it lacks', async () => {
    const url = await startServer((request, response) => {
      request.resume();
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
      response.end('{"__type":"AccessDeniedException","message":"User x is not authorized"}');
    });
    useMoto();
    vi.stubEnv('AWS_ENDPOINT_URL', url);
    expect(await resolved(reference({ secretsManager: 'a', region: 'eu-west-1' }))).toBe(
      "The secret pepper can't be read from the secret a of Secrets Manager in eu-west-1: AccessDeniedException: User x is not authorized. Allow secretsmanager:GetSecretValue to the role of the host, and kms:Decrypt on its key.",
    );
  });

  it('credentials and region come from the metadata of the instance, by IMDSv2', async () => {
    const requests: string[] = [];
    const url = await startServer((request, response) => {
      const { method = '', url: path = '', headers } = request;
      requests.push(`${method} ${path}`);
      request.resume();
      if (method === 'PUT') return void response.end('the-token');
      if (headers['x-aws-ec2-metadata-token'] !== 'the-token') {
        response.writeHead(401).end();
      } else if (path.endsWith('/placement/region')) response.end('eu-central-1');
      else if (/security-credentials(?:-extended)?\/?$/.test(path)) response.end('shop-role');
      else
        response.end(
          JSON.stringify({
            Code: 'Success',
            AccessKeyId: 'A',
            SecretAccessKey: 'B',
            Token: 'C',
            Expiration: new Date(Date.now() + 3_600_000).toISOString(),
          }),
        );
    });
    vi.resetModules();
    const fresh = await import('../../../src/agent/secrets/resolve-secrets.ts');
    vi.stubEnv('AWS_ENDPOINT_URL', moto.endpoint);
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE'])
      vi.stubEnv(name, undefined);
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/dev/null');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/dev/null');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', url);
    const [file] = await fresh.resolveSecrets([reference({ ssmParameter: '/shop/pepper' })]);
    // The parameter is in another region of moto: the request was made, with the role's credentials.
    expect(file).toMatchObject({
      problem: expect.stringContaining('ParameterNotFound') as string,
    });
    expect(requests).toContain('GET /latest/meta-data/placement/region');
    expect(requests.some((line) => line.endsWith('/shop-role'))).toBe(true);
  });
});

describe.runIf(process.getuid?.() === 0)('secrets in files', () => {
  function write(content: string, mode = 0o600): string {
    const folder = temporaryFolder();
    mkdirSync(folder, { recursive: true });
    const path = join(folder, 'pepper');
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  it('a file of root is read, and a variable has no line feed of an editor', async () => {
    const file = write('first\n');
    expect(await resolved(reference({ file }))).toBe('first\n');
    expect(await resolved(reference({ file }, { variable: 'A' }))).toBe('A="first"\n');
    symlinkSync(file, `${file}.link`);
    expect(await resolved(reference({ file: `${file}.link` }))).toBe('first\n');
  });

  it.each<[string, (path: string) => void, RegExp]>([
    [
      'one that others may read',
      (path) => {
        chmodSync(path, 0o644);
      },
      /its mode is 644: run chown 0:0 .* && chmod 600 /,
    ],
    [
      'one of another account',
      (path) => {
        chownSync(path, 1, 1);
      },
      /its owner is 1:1: run chown 0:0 /,
    ],
    [
      'an empty one',
      (path) => {
        writeFileSync(path, '');
      },
      /: it is empty\.$/,
    ],
    [
      'a huge one',
      (path) => {
        writeFileSync(path, Buffer.alloc(1024 * 1024 + 1));
      },
      /: it has 1048577 bytes, but a secret has at most 1048576\.$/,
    ],
    [
      'a missing one',
      (path) => {
        execFileSync('rm', [path]);
      },
      /: it doesn't exist on this host: write it there/,
    ],
    [
      'a pipe without a writer',
      (path) => {
        execFileSync('sh', ['-c', 'rm "$1"; mkfifo -m 600 "$1"', '', path]);
      },
      /: it isn't a regular file\.$/,
    ],
    [
      'a folder',
      (path) => {
        execFileSync('sh', ['-c', 'rm "$1"; mkdir -m 700 "$1"', '', path]);
      },
      /: it isn't a regular file\.$/,
    ],
  ])('%s is refused with the fix', async (_, change, message) => {
    const file = write('SENTINEL');
    change(file);
    const problem = await resolved(reference({ file }));
    expect(problem).toMatch(message);
    expect(problem).not.toContain('SENTINEL');
  });

  it('a file that is its own source may have the mode of the deployment, and no more', async () => {
    const file = write('keys', 0o640);
    const own = (mode: string) => reference({ file }, { path: file, mode });
    expect(await resolved(own('0640'))).toBe('keys');
    expect(await resolved(own('0600'))).toMatch(/its mode is 640: .* chmod 600 /);
  });

  it('an owner that is no account of the host is named', async () => {
    const file = write('a');
    await expect(resolveSecrets([reference({ file }, { owner: 'root:nobodys' })])).rejects.toThrow(
      "The owner of /etc/shop/secrets is the group nobodys, which this host doesn't have.",
    );
  });
});
